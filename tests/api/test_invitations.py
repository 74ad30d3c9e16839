"""An invitation becomes a membership only when the person accepts it, with the token of the mail."""

from typing import Any

import httpx
import pytest

from backend.companies.actions.invitations import accept_invitation, decline_invitation, issue_invitation_token
from backend.companies.actions.members import INVITATIONS_PER_COMPANY, INVITATIONS_PER_USER, invite_member
from backend.companies.drafts import MemberDraft
from backend.companies.errors import WrongCredentials
from backend.companies.models import Member, User
from backend.companies.passwords import hash_password
from backend.companies.rules import INVITATION_LIFETIME
from backend.core import clock
from backend.core.database import fetch_value
from backend.core.errors import InvalidInput, NotFound
from backend.core.viewer import Role, system_viewer
from tests.api.shopping import Client, Shop, open_shop
from tests.factories.companies import make_member, make_staff, make_user, sign_in_as

PASSWORD = "a horse and a staple"
READ = "query ($token: String!) { invitation(token: $token) { company email name hasAccount } }"
ACCEPT = """mutation ($token: String!, $password: String!) { acceptInvitation(token: $token, password: $password) { __typename
  ... on SignedIn { token viewer { role company { name } location { name } user { name email } } } ... on InvalidInput { path }
  ... on Error { message } } }"""
DECLINE = "mutation ($token: String!) { declineInvitation(token: $token) { __typename } }"
INVITE = """mutation ($company: ID!, $input: InviteMemberInput!) { inviteMember(companyId: $company, input: $input) { __typename
  ... on Member { id } ... on InvalidInput { path } ... on Error { message } } }"""
GONE = "NotFound"


async def invited(shop: Shop, email: str = "new@harbour.example", **values: Any) -> tuple[int, str]:
    """A pending member of Harbour, and the token of the mail."""
    key = await invite_member(
        system_viewer(), shop.harbour.id, MemberDraft(email, "Nel New", locations=(shop.rotterdam.id,), **values)
    )
    token = await issue_invitation_token(key)
    assert token is not None
    return key, token


async def an_account(email: str = "mia@hill.example") -> User:
    return await make_user(email, password_hash=await hash_password(PASSWORD))


async def test_a_new_person_sets_a_password_and_is_in(client: httpx.AsyncClient) -> None:
    _, token = await invited(await open_shop())
    stranger = Client(client)
    assert (await stranger.ask(READ, token=token))["invitation"] == {
        "company": "Harbour Workwear", "email": "new@harbour.example", "name": "Nel New", "hasAccount": False,
    }  # fmt: skip
    done = (await stranger.ask(ACCEPT, token=token, password=PASSWORD))["acceptInvitation"]
    assert done["viewer"] == {
        "role": "BUYER", "company": {"name": "Harbour Workwear"}, "location": {"name": "Rotterdam"},
        "user": {"name": "Nel New", "email": "new@harbour.example"},
    }  # fmt: skip
    assert (await Client(client, done["token"]).ask("{ products { totalCount } }"))["products"]["totalCount"] == 2
    assert (await stranger.ask(READ, token=token))["invitation"] is None
    assert (await stranger.ask(ACCEPT, token=token, password=PASSWORD))["acceptInvitation"]["__typename"] == GONE


async def test_a_person_with_an_account_accepts_with_the_password_they_have(client: httpx.AsyncClient) -> None:
    shop = await open_shop()
    mia = await an_account()
    await make_member(shop.hill, user=mia, locations=(shop.hill_location,))
    _, token = await invited(shop, mia.email)
    stranger = Client(client)
    assert (await stranger.ask(READ, token=token))["invitation"]["hasAccount"]
    wrong = (await stranger.ask(ACCEPT, token=token, password="another long password"))["acceptInvitation"]
    assert wrong["__typename"] == "WrongCredentials"
    assert await Member.filter(user_id=mia.id).count() == 1
    assert (await stranger.ask(ACCEPT, token=token, password=PASSWORD))["acceptInvitation"]["__typename"] == "SignedIn"
    assert await Member.filter(user_id=mia.id).count() == 2
    assert (await User.get(id=mia.id)).name == mia.name


async def test_an_invitation_gives_no_rights(client: httpx.AsyncClient) -> None:
    """A buyer of another company neither sees nor orders anything for the one that invites them."""
    shop = await open_shop()
    mia = await an_account()
    await make_member(shop.hill, user=mia, locations=(shop.hill_location,))
    key, _ = await invited(shop, mia.email, role=Role.COMPANY_ADMIN)
    buyer = Client(client, await sign_in_as(mia, shop.hill_location))
    act = "mutation ($id: ID!) { actAs(locationId: $id) { __typename } }"
    assert (await buyer.ask(act, id=f"location.{shop.rotterdam.id}"))["actAs"]["__typename"] == "NotFound"
    assert [one["name"] for one in (await buyer.ask("{ locations { nodes { name } } }"))["locations"]["nodes"]] == ["Hill"]
    assert (await buyer.ask("query ($id: ID!) { node(id: $id) { id } }", id=f"member.{key}"))["node"] is None


async def test_a_declined_invitation_is_gone_and_can_be_sent_again(client: httpx.AsyncClient) -> None:
    shop = await open_shop()
    _, token = await invited(shop)
    stranger = Client(client)
    assert (await stranger.ask(DECLINE, token=token))["declineInvitation"]["__typename"] == "InvitationDeclined"
    assert (await stranger.ask(DECLINE, token=token))["declineInvitation"]["__typename"] == GONE
    assert (await stranger.ask(ACCEPT, token=token, password=PASSWORD))["acceptInvitation"]["__typename"] == GONE
    await invited(shop)


async def test_an_invitation_that_is_removed_or_too_old_or_unknown_is_refused(database: str) -> None:
    shop = await open_shop()
    key, token = await invited(shop)
    with clock.frozen(clock.now() + INVITATION_LIFETIME), pytest.raises(NotFound):
        await accept_invitation(token, PASSWORD)
    await Member.filter(id=key).delete()
    for gone in (token, "li_nothing", "", "\0"):
        with pytest.raises(NotFound):
            await accept_invitation(gone, PASSWORD)
        with pytest.raises(NotFound):
            await decline_invitation(gone)


async def test_the_newest_mail_alone_works(database: str) -> None:
    key, first = await invited(await open_shop())
    second = await issue_invitation_token(key)
    assert second is not None
    with pytest.raises(NotFound):
        await accept_invitation(first, PASSWORD)
    await accept_invitation(second, PASSWORD)


async def test_a_weak_password_makes_nobody(client: httpx.AsyncClient) -> None:
    _, token = await invited(await open_shop())
    people = await User.all().count()
    done = (await Client(client).ask(ACCEPT, token=token, password="short"))["acceptInvitation"]
    assert (done["__typename"], done["path"]) == ("InvalidInput", ["password"])
    assert await User.all().count() == people
    assert (await Client(client).ask(READ, token=token))["invitation"] is not None


@pytest.mark.parametrize("kind", ["staff", "closed"])
async def test_an_address_that_cannot_be_a_member_cannot_accept(database: str, kind: str) -> None:
    shop = await open_shop()
    who = await make_staff() if kind == "staff" else await make_user(is_active=False)
    _, token = await invited(shop, who.email)
    with pytest.raises(NotFound):
        await accept_invitation(token, PASSWORD)
    assert await Member.filter(user_id=who.id).count() == 0


async def test_guesses_at_the_account_s_password_are_limited(database: str) -> None:
    shop = await open_shop()
    mia = await an_account()
    _, token = await invited(shop, mia.email)
    refused = 0
    for _ in range(20):
        try:
            await accept_invitation(token, "another long password", address="198.51.100.7")
        except WrongCredentials:
            continue
        except Exception:
            refused += 1
    assert refused >= 5


async def test_what_one_person_sends_is_limited(client: httpx.AsyncClient) -> None:
    shop = await open_shop()
    boss = Client(client, await sign_in_as(await make_member(shop.harbour, Role.COMPANY_ADMIN, locations=(shop.rotterdam,))))
    sent = 0
    for number in range(INVITATIONS_PER_USER + 5):
        given = {"email": f"n{number}@harbour.example", "name": "Nel", "locationIds": [f"location.{shop.rotterdam.id}"]}
        answer = (await boss.post(INVITE, {"company": f"company.{shop.harbour.id}", "input": given})).json()
        sent += "errors" not in answer
    assert sent == INVITATIONS_PER_USER
    assert answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert await fetch_value("SELECT count(*) FROM member WHERE user_id IS NULL") == INVITATIONS_PER_USER


async def test_invitations_into_another_company_use_up_nothing_of_it(client: httpx.AsyncClient) -> None:
    shop = await open_shop()
    harbour = f"company.{shop.harbour.id}"
    given = {"name": "Nel", "locationIds": [f"location.{shop.rotterdam.id}"]}
    for _ in range(3):
        stranger = await make_member(shop.hill, Role.COMPANY_ADMIN, locations=(shop.hill_location,))
        mole = Client(client, await sign_in_as(stranger))
        for number in range(INVITATIONS_PER_COMPANY // 2):
            await mole.post(INVITE, {"company": harbour, "input": {**given, "email": f"m{number}@x.example"}})
    boss = Client(client, await sign_in_as(await make_member(shop.harbour, Role.COMPANY_ADMIN, locations=(shop.rotterdam,))))
    made = await boss.ask(INVITE, company=harbour, input={**given, "email": "new@harbour.example"})
    assert made["inviteMember"]["__typename"] == "Member"


async def test_an_address_that_is_invited_or_a_member_is_said_to_be(client: httpx.AsyncClient) -> None:
    shop = await open_shop()
    await invited(shop)
    email = (await User.get(id=shop.buyer.user_id)).email
    for given, word in (("new@harbour.example", "invited already"), (email, "a member already")):
        with pytest.raises(InvalidInput, match=word):
            await invite_member(system_viewer(), shop.harbour.id, MemberDraft(given, "Nel", locations=(shop.rotterdam.id,)))
