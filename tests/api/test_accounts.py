"""Signing in and out, acting for a location, passwords, one's own sessions and profile: by HTTP, as a client does it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.companies.actions.housekeeping import forget_old_sign_ins
from backend.companies.actions.passwords import issue_password_token
from backend.companies.actions.sessions import ATTEMPTS_OF_CALLER_AT_ACCOUNT
from backend.companies.models import Member, MemberLocation, RepAccount, Session, User
from backend.companies.passwords import hash_password, matches
from backend.companies.queries import demo_password_in_use, viewer_for_token
from backend.core import clock
from backend.core.database import count_statements, fetch_value
from backend.core.viewer import Role
from tests.api.shopping import Client
from tests.factories.companies import make_company, make_location, make_member, make_seller, make_staff, make_user, sign_in_as

PASSWORD = "a horse and a staple"
VIEWER = "user { id email name } role actingFor company { id name } location { id name currency }"
SIGN_IN = f"""mutation ($email: String!, $password: String!) {{ signIn(email: $email, password: $password) {{ __typename
  ... on SignedIn {{ token expiresAt viewer {{ {VIEWER} }} }} ... on WrongCredentials {{ message }} }} }}"""
ACT_AS = f"""mutation ($id: ID) {{ actAs(locationId: $id) {{ __typename
  ... on SignedIn {{ token expiresAt viewer {{ {VIEWER} }} }} ... on NotFound {{ message }} }} }}"""
SET_PASSWORD = f"""mutation ($token: String!, $password: String!) {{ setPassword(token: $token, password: $password) {{ __typename
  ... on SignedIn {{ token viewer {{ {VIEWER} }} }} ... on InvalidInput {{ message path }} ... on NotFound {{ message }} }} }}"""
CHANGE_PASSWORD = """mutation ($current: String!, $new: String!) { changePassword(current: $current, new: $new) { __typename
  ... on Viewer { user { id } } ... on InvalidInput { message path } } }"""
WHO = f"{{ viewer {{ {VIEWER} }} }}"
RESET = "mutation ($email: String!) { requestPasswordReset(email: $email) }"
END = "mutation ($id: ID!) { endSession(id: $id) { __typename ... on SessionEnded { id } ... on NotFound { message } } }"
PROFILE = """mutation ($name: String!) { updateProfile(name: $name) { __typename ... on User { id name } ... on InvalidInput { path } } }"""


HASHES: dict[str, str] = {}


async def with_password(**given: Any) -> User:
    """One slow hash is enough for all tests."""
    if PASSWORD not in HASHES:
        HASHES[PASSWORD] = await hash_password(PASSWORD)
    return await make_user(**given, password_hash=HASHES[PASSWORD])


async def a_buyer(email: str = "bea@harbour.example", role: Role = Role.BUYER) -> Member:
    """A member of a company with two locations, both hers, the first the default one."""
    company = await make_company("Harbour Workwear")
    places = (await make_location(company, "Rotterdam"), await make_location(company, "Antwerp", currency="GBP"))
    return await make_member(company, role, locations=places, user=await with_password(email=email))


async def sign_in(client: Client, email: str = "bea@harbour.example", password: str = PASSWORD) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.ask(SIGN_IN, email=email, password=password))["signIn"]
    return answer


async def sessions_of(user_id: int) -> int:
    count: int = await fetch_value("SELECT count(*) FROM session WHERE user_id = $1 AND ended_at IS NULL", user_id)
    return count


# ---- signIn


async def test_signing_in_gives_a_token_bound_to_the_default_location(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    answer = await sign_in(Client(client), " Bea@Harbour.example ")
    assert answer["__typename"] == "SignedIn"
    viewer = answer["viewer"]
    assert viewer["role"] == "BUYER"
    assert viewer["company"]["name"] == "Harbour Workwear"
    assert viewer["location"] == {"id": f"location.{buyer.default_location_id}", "name": "Rotterdam", "currency": "EUR"}
    assert viewer["actingFor"] is False
    assert (await Client(client, answer["token"]).ask(WHO))["viewer"] == viewer
    assert answer["token"].startswith("ls_")
    assert len(answer["token"]) == 46


async def test_the_token_itself_is_not_stored(client: httpx.AsyncClient) -> None:
    await a_buyer()
    token = (await sign_in(Client(client)))["token"]
    stored = await Session.all().values_list("token_hash", flat=True)
    assert token.encode() not in [bytes(value) for value in stored]
    assert len(bytes(stored[0])) == 32


async def test_staff_sign_in_as_themselves(client: httpx.AsyncClient) -> None:
    await make_seller(currency="GBP")
    await with_password(email="rep@seller.example", staff_role="SALES_REP")
    viewer = (await sign_in(Client(client), "rep@seller.example"))["viewer"]
    assert (viewer["role"], viewer["company"], viewer["location"], viewer["actingFor"]) == ("SALES_REP", None, None, False)


async def test_a_default_location_that_closed_is_passed_over(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    await buyer.default_location.update_from_dict({"is_active": False}).save()  # type: ignore[union-attr]
    assert (await sign_in(Client(client)))["viewer"]["location"]["name"] == "Antwerp"


async def test_a_company_admin_needs_no_location_of_her_own(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer(role=Role.COMPANY_ADMIN)
    await MemberLocation.all().delete()
    await Member.filter(id=buyer.id).update(default_location_id=None)
    assert (await sign_in(Client(client)))["viewer"]["location"]["name"] == "Rotterdam"


@pytest.mark.parametrize("spoil", ["password", "email", "user", "member", "company", "places", "unset"])
async def test_whoever_may_not_come_in_hears_the_same(client: httpx.AsyncClient, spoil: str) -> None:
    buyer = await a_buyer()
    if spoil == "user":
        await User.all().update(is_active=False)
    elif spoil == "member":
        await Member.all().update(is_active=False)
    elif spoil == "company":
        await buyer.company.update_from_dict({"is_active": False}).save()
    elif spoil == "places":
        await MemberLocation.all().delete()
    elif spoil == "unset":
        await User.all().update(password_hash=None)
    email = "nobody@harbour.example" if spoil == "email" else "bea@harbour.example"
    answer = await sign_in(Client(client), email, "another password" if spoil == "password" else PASSWORD)
    assert answer["__typename"] == "WrongCredentials"
    assert answer["message"].startswith("This e-mail address and password do not belong together.")
    assert await Session.all().count() == 0


@pytest.mark.parametrize(
    ("email", "password"), [("", ""), ("a\0b@c.example", "x\0y"), ("x" * 5000, "y" * 5000), ("\ud7ff", "日本")]
)
async def test_odd_input_is_only_wrong(client: httpx.AsyncClient, email: str, password: str) -> None:
    assert (await sign_in(Client(client), email, password))["__typename"] == "WrongCredentials"


async def test_too_many_wrong_attempts_are_slowed_down_by_address_of_mail(client: httpx.AsyncClient) -> None:
    await a_buyer()
    await a_buyer("ann@harbour.example")
    for _ in range(ATTEMPTS_OF_CALLER_AT_ACCOUNT):
        assert (await sign_in(Client(client), password="wrong wrong wrong"))["__typename"] == "WrongCredentials"
    assert await Client(client).code(SIGN_IN, email="Bea@harbour.example", password=PASSWORD) == "RATE_LIMITED"
    assert (await sign_in(Client(client), "ann@harbour.example"))["__typename"] == "SignedIn"


async def test_right_attempts_do_not_count(client: httpx.AsyncClient) -> None:
    await a_buyer()
    for _ in range(ATTEMPTS_OF_CALLER_AT_ACCOUNT + 2):
        assert (await sign_in(Client(client)))["__typename"] == "SignedIn"


# ---- what a token is worth


async def test_who_is_asking_takes_one_statement(database: str) -> None:
    token = await sign_in_as(await a_buyer())
    with count_statements() as statements:
        viewer = await viewer_for_token(token)
    assert viewer.is_buyer
    assert statements.count == 1


async def test_a_viewer_knows_her_groups_strategy_and_currency(database: str) -> None:
    await make_seller(price_strategy="LOWEST", timezone="Europe/Amsterdam", stock_display_cap=50)
    company = await make_company(price_strategy="MERGE")
    place = await make_location(company, currency="GBP")
    viewer = await viewer_for_token(await sign_in_as(await make_member(company, locations=(place,))))
    assert (viewer.currency, viewer.base_currency, viewer.price_strategy) == ("GBP", "EUR", "MERGE")
    assert (viewer.timezone, viewer.stock_display_cap, viewer.location_id) == ("Europe/Amsterdam", 50, place.id)


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer \xff\xfe", "Bearer " + "x" * 4000])
async def test_what_is_no_token_is_nobody(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.post("/graphql", json={"query": WHO}, headers={b"Authorization": header.encode("latin-1")})
    assert answer.json()["data"] == {"viewer": None}


async def test_a_token_ends_after_thirty_days(client: httpx.AsyncClient) -> None:
    await a_buyer()
    token = (await sign_in(Client(client)))["token"]
    with clock.frozen(clock.now() + timedelta(days=29)):
        assert (await Client(client, token).ask(WHO))["viewer"]
    with clock.frozen(clock.now() + timedelta(days=30, minutes=1)):
        assert (await Client(client, token).ask(WHO))["viewer"] is None


@pytest.mark.parametrize("lost", ["user", "member", "company", "location", "place"])
async def test_a_right_that_is_gone_is_gone_with_the_next_request(client: httpx.AsyncClient, lost: str) -> None:
    buyer = await a_buyer()
    token = await sign_in_as(buyer)
    assert (await Client(client, token).ask(WHO))["viewer"]
    if lost == "user":
        await User.all().update(is_active=False)
    elif lost == "member":
        await Member.all().update(is_active=False)
    elif lost == "company":
        await buyer.company.update_from_dict({"is_active": False}).save()
    elif lost == "location":
        await buyer.default_location.update_from_dict({"is_active": False}).save()  # type: ignore[union-attr]
    else:
        await MemberLocation.all().delete()
    assert (await Client(client, token).ask(WHO))["viewer"] is None
    assert await Client(client, token).code("{ sessions { id } }") == "NOT_SIGNED_IN"


# ---- signOut, sessions


async def test_signing_out_ends_this_token_and_no_other(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    one, other = await sign_in_as(buyer), await sign_in_as(buyer)
    assert await Client(client, one).ask("mutation { signOut }") == {"signOut": True}
    assert (await Client(client, one).ask(WHO))["viewer"] is None
    assert (await Client(client, other).ask(WHO))["viewer"]


async def test_all_tokens_of_one_sign_in_end_together(client: httpx.AsyncClient) -> None:
    """What actAs made, from whichever token, is of the same sign-in: signing out ends it, a change of password elsewhere too."""
    await a_buyer()
    antwerp = await fetch_value("SELECT id FROM company_location WHERE name = 'Antwerp'")
    for ended_by in ("the first", "the last", "another device", "endSession"):
        first = (await sign_in(Client(client)))["token"]
        second = (await Client(client, first).ask(ACT_AS, id=f"location.{antwerp}"))["actAs"]["token"]
        third = (await Client(client, second).ask(ACT_AS))["actAs"]["token"]
        other = (await sign_in(Client(client)))["token"]
        mine = (await Client(client, first).ask("{ sessions { id current } }"))["sessions"]
        assert [one["current"] for one in mine].count(True) == 1
        if ended_by == "another device":
            await Client(client, other).ask(CHANGE_PASSWORD, current=PASSWORD, new="quite another one")
        elif ended_by == "endSession":
            assert (await Client(client, other).ask(END, id=next(one["id"] for one in mine if one["current"])))["endSession"]["id"]
        else:
            await Client(client, first if ended_by == "the first" else third).ask("mutation { signOut }")
        for token in (first, second, third):
            assert (await Client(client, token).ask(WHO))["viewer"] is None
        assert (await Client(client, other).ask(WHO))["viewer"]
        await Client(client, other).ask("mutation { signOut }")
        await User.all().update(password_hash=HASHES[PASSWORD])


RENEW = "mutation ($hours: Int!) { renewToken(hours: $hours) { token expiresAt viewer { location { id } } } }"


async def test_a_short_token_is_renewed_and_ends_with_its_sign_in(client: httpx.AsyncClient) -> None:
    await a_buyer()
    ask = "mutation ($e: String!, $p: String!) { signIn(email: $e, password: $p, hours: 1) { ... on SignedIn { token } } }"
    first = (await Client(client).ask(ask, e="bea@harbour.example", p=PASSWORD))["signIn"]["token"]
    now = clock.now()
    second = (await Client(client, first).ask(RENEW, hours=2))["renewToken"]
    assert second["viewer"]["location"]
    for later, valid in (
        (timedelta(), {first, second["token"]}),
        (timedelta(minutes=2), {second["token"]}),
        (timedelta(hours=3), set()),
    ):
        with clock.frozen(now + later):
            assert {one for one in (first, second["token"]) if (await Client(client, one).ask(WHO))["viewer"]} == valid
    assert len((await Client(client, second["token"]).ask("{ sessions { id } }"))["sessions"]) == 1
    await Client(client, second["token"]).ask("mutation { signOut }")
    assert (await Client(client, second["token"]).ask(WHO))["viewer"] is None
    assert await Client(client, second["token"]).code(RENEW, hours=2) == "NOT_SIGNED_IN"


async def test_no_token_lives_for_ever(client: httpx.AsyncClient) -> None:
    await a_buyer()
    token = (await sign_in(Client(client)))["token"]
    for hours in (0, -1, 721, 10**9):
        assert await Client(client, token).code(RENEW, hours=hours) == "BAD_INPUT"


async def test_one_sees_and_ends_ones_own_sessions(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    old = await sign_in_as(buyer)
    signed_in = await client.post(
        "/graphql",
        json={"query": SIGN_IN, "variables": {"email": "bea@harbour.example", "password": PASSWORD}},
        headers={"User-Agent": "Telephone/1.0"},
    )
    client_now = Client(client, signed_in.json()["data"]["signIn"]["token"])
    shown = (await client_now.ask("{ sessions { id createdAt expiresAt userAgent address current } }"))["sessions"]
    assert [(one["userAgent"], one["current"]) for one in shown] == [("Telephone/1.0", True), ("", False)]
    assert (await client_now.ask(END, id=shown[1]["id"]))["endSession"] == {"__typename": "SessionEnded", "id": shown[1]["id"]}
    assert (await Client(client, old).ask(WHO))["viewer"] is None
    assert len((await client_now.ask("{ sessions { id } }"))["sessions"]) == 1


async def test_nobody_ends_anothers_session(client: httpx.AsyncClient) -> None:
    buyer, other = await a_buyer(), await a_buyer("eve@hill.example")
    await sign_in_as(buyer)
    session = await Session.get(user_id=buyer.user_id)
    eve = Client(client, await sign_in_as(other))
    for guess in (f"session.{session.id}", "session.1", "nonsense"):
        assert (await eve.ask(END, id=guess))["endSession"]["__typename"] == "NotFound"
    assert await sessions_of(buyer.user_id) == 1


# ---- actAs


async def test_a_buyer_goes_to_another_location_of_hers(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    first = await sign_in(Client(client))
    antwerp = await fetch_value("SELECT id FROM company_location WHERE name = 'Antwerp'")
    there = (await Client(client, first["token"]).ask(ACT_AS, id=f"location.{antwerp}"))["actAs"]
    assert there["viewer"]["location"] == {"id": f"location.{antwerp}", "name": "Antwerp", "currency": "GBP"}
    assert there["viewer"]["actingFor"] is False
    assert there["expiresAt"] == first["expiresAt"]
    assert (await Client(client, first["token"]).ask(WHO))["viewer"]["location"]["name"] == "Rotterdam"
    back = (await Client(client, there["token"]).ask(ACT_AS))["actAs"]
    assert back["viewer"]["location"]["id"] == f"location.{buyer.default_location_id}"


@pytest.mark.parametrize("which", ["another company", "not given", "closed", "malformed"])
async def test_a_buyer_goes_nowhere_else(client: httpx.AsyncClient, which: str) -> None:
    buyer = await a_buyer()
    place = await make_location(await make_company() if which == "another company" else buyer.company)
    if which == "closed":
        await MemberLocation.create(member=buyer, location=place)
        await place.update_from_dict({"is_active": False}).save()
    location = "location.x" if which == "malformed" else f"location.{place.id}"
    answer = await Client(client, await sign_in_as(buyer)).ask(ACT_AS, id=location)
    assert answer["actAs"]["__typename"] == "NotFound"
    assert await sessions_of(buyer.user_id) == 1


async def test_a_rep_acts_for_her_accounts_only(client: httpx.AsyncClient) -> None:
    rep = await make_staff(Role.SALES_REP)
    mine, other = await make_location(await make_company(reps=(rep,))), await make_location(await make_company())
    herself = Client(client, await sign_in_as(rep))
    acting = (await herself.ask(ACT_AS, id=f"location.{mine.id}"))["actAs"]
    assert acting["viewer"]["actingFor"] is True
    assert acting["viewer"]["role"] == "SALES_REP"
    assert acting["viewer"]["location"]["id"] == f"location.{mine.id}"
    assert (await herself.ask(ACT_AS, id=f"location.{other.id}"))["actAs"]["__typename"] == "NotFound"
    again = (await Client(client, acting["token"]).ask(ACT_AS))["actAs"]["viewer"]
    assert (again["location"], again["actingFor"]) == (None, False)
    await RepAccount.all().delete()
    assert (await Client(client, acting["token"]).ask(WHO))["viewer"] is None


async def test_buyers_do_not_see_by_what_address_the_sellers_people_sign_in(client: httpx.AsyncClient) -> None:
    rep = await make_staff(Role.SALES_REP, "rep@seller.example")
    company = await make_company(reps=(rep,))
    await make_location(company)
    buyer = await make_member(company)
    reps = "{ companies { nodes { salesReps { name email } } } }"
    for who, email in ((buyer, ""), (await make_staff(Role.ADMIN), "rep@seller.example"), (rep, "rep@seller.example")):
        asking = Client(client, await sign_in_as(who))
        assert (await asking.ask(reps))["companies"]["nodes"][0]["salesReps"] == [{"name": rep.name, "email": email}]


@pytest.mark.parametrize("role", [Role.SALES_MANAGER, Role.ADMIN])
async def test_managers_and_admins_act_for_anybody(client: httpx.AsyncClient, role: Role) -> None:
    place = await make_location(await make_company())
    answer = await Client(client, await sign_in_as(await make_staff(role))).ask(ACT_AS, id=f"location.{place.id}")
    assert answer["actAs"]["viewer"]["actingFor"] is True


@pytest.mark.parametrize("role", [Role.MARKETING, Role.WAREHOUSE, Role.FINANCE])
async def test_other_staff_act_for_nobody(client: httpx.AsyncClient, role: Role) -> None:
    place = await make_location(await make_company())
    staff = await make_staff(role)
    assert await Client(client, await sign_in_as(staff)).code(ACT_AS, id=f"location.{place.id}") == "FORBIDDEN"
    assert (await Client(client, await sign_in_as(staff, place)).ask(WHO))["viewer"] is None


# ---- passwords


async def test_a_reset_is_always_true_and_leaves_the_same_trace(client: httpx.AsyncClient) -> None:
    await a_buyer()
    for email in ("bea@harbour.example", "nobody@harbour.example"):
        assert await Client(client).ask(RESET, email=email) == {"requestPasswordReset": True}
    assert await fetch_value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'PasswordResetRequested'") == 2
    assert await Client(client).ask(RESET, email="no address") == {"requestPasswordReset": True}
    assert await fetch_value("SELECT count(*) FROM pgqueuer") == 2


async def test_resets_are_slowed_down(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        await Client(client).ask(RESET, email="bea@harbour.example")
    assert await Client(client).code(RESET, email="bea@harbour.example") == "RATE_LIMITED"


async def test_a_mailed_token_sets_a_password_once_and_ends_the_other_sessions(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    old = await sign_in_as(buyer)
    token = await issue_password_token(buyer.user_id)
    done = (await Client(client).ask(SET_PASSWORD, token=token, password="quite another one"))["setPassword"]
    assert done["__typename"] == "SignedIn"
    assert done["viewer"]["location"]["name"] == "Rotterdam"
    assert (await Client(client, old).ask(WHO))["viewer"] is None
    assert (await sign_in(Client(client)))["__typename"] == "WrongCredentials"
    assert (await sign_in(Client(client), password="quite another one"))["__typename"] == "SignedIn"
    again = await Client(client).ask(SET_PASSWORD, token=token, password="and another one again")
    assert again["setPassword"]["__typename"] == "NotFound"
    assert (await sign_in(Client(client), password="quite another one"))["__typename"] == "SignedIn"


async def test_a_poor_password_leaves_the_token_as_it_was(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    token = await issue_password_token(buyer.user_id)
    poor = (await Client(client).ask(SET_PASSWORD, token=token, password="short"))["setPassword"]
    assert (poor["__typename"], poor["path"]) == ("InvalidInput", ["password"])
    done = await Client(client).ask(SET_PASSWORD, token=token, password="quite another one")
    assert done["setPassword"]["__typename"] == "SignedIn"


async def test_a_newer_token_dies_with_the_older_one(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    one, two = await issue_password_token(buyer.user_id), await issue_password_token(buyer.user_id)
    await Client(client).ask(SET_PASSWORD, token=two, password="quite another one")
    answer = await Client(client).ask(SET_PASSWORD, token=one, password="quite another two")
    assert answer["setPassword"]["__typename"] == "NotFound"


@pytest.mark.parametrize("token", ["", "lp_nonsense", "\ud7ff", "a\0b"])
async def test_an_unknown_token_sets_nothing(client: httpx.AsyncClient, token: str) -> None:
    answer = await Client(client).ask(SET_PASSWORD, token=token, password="quite another one")
    assert answer["setPassword"]["__typename"] == "NotFound"


async def test_a_mailed_token_ends(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    reset, invitation = await issue_password_token(buyer.user_id), await issue_password_token(buyer.user_id, invitation=True)
    with clock.frozen(clock.now() + timedelta(hours=3)):
        late = await Client(client).ask(SET_PASSWORD, token=reset, password="quite another one")
        assert late["setPassword"]["__typename"] == "NotFound"
        done = await Client(client).ask(SET_PASSWORD, token=invitation, password="quite another one")
        assert done["setPassword"]["__typename"] == "SignedIn"


async def test_whoever_was_shut_out_gets_no_token(database: str) -> None:
    user = await make_user(is_active=False)
    assert await issue_password_token(user.id) is None


async def test_changing_ones_password_ends_the_other_sessions(client: httpx.AsyncClient) -> None:
    buyer = await a_buyer()
    here, there = await sign_in_as(buyer), await sign_in_as(buyer)
    done = await Client(client, here).ask(CHANGE_PASSWORD, current=PASSWORD, new="quite another one")
    assert done["changePassword"]["__typename"] == "Viewer"
    assert (await Client(client, here).ask(WHO))["viewer"]
    assert (await Client(client, there).ask(WHO))["viewer"] is None
    assert (await sign_in(Client(client), password="quite another one"))["__typename"] == "SignedIn"


@pytest.mark.parametrize(("current", "new", "path"), [("wrong", "quite another one", ["current"]), (PASSWORD, "short", ["new"])])
async def test_a_password_that_cannot_stand_changes_nothing(
    client: httpx.AsyncClient, current: str, new: str, path: list[str]
) -> None:
    buyer = await a_buyer()
    token, other = await sign_in_as(buyer), await sign_in_as(buyer)
    answer = (await Client(client, token).ask(CHANGE_PASSWORD, current=current, new=new))["changePassword"]
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", path)
    assert await matches((await User.get(id=buyer.user_id)).password_hash, PASSWORD)
    assert (await Client(client, other).ask(WHO))["viewer"]


async def test_the_demo_password_is_found_wherever_it_opens_an_account(database: str) -> None:
    assert not await demo_password_in_use()
    user = await make_user("someone@demo.example", password_hash=await hash_password("linesheet-demo"))
    assert await demo_password_in_use()
    await user.update_from_dict({"is_active": False}).save()
    assert not await demo_password_in_use()


# ---- updateProfile, and who is nobody


async def test_one_changes_ones_own_name(client: httpx.AsyncClient) -> None:
    buyer, other = await a_buyer(), await a_buyer("eve@hill.example")
    done = await Client(client, await sign_in_as(buyer)).ask(PROFILE, name="Bea Buyer")
    assert done["updateProfile"] == {"__typename": "User", "id": f"user.{buyer.user_id}", "name": "Bea Buyer"}
    assert (await User.get(id=other.user_id)).name == "Robin Example"
    bad = await Client(client, await sign_in_as(buyer)).ask(PROFILE, name="two\nlines")
    assert bad["updateProfile"] == {"__typename": "InvalidInput", "path": ["name"]}
    assert (await User.get(id=buyer.user_id)).name == "Bea Buyer"


@pytest.mark.parametrize(
    ("operation", "variables"),
    [
        ("mutation { signOut }", {}),
        (ACT_AS, {"id": None}),
        (END, {"id": "session.1"}),
        (CHANGE_PASSWORD, {"current": PASSWORD, "new": "quite another one"}),
        (PROFILE, {"name": "Somebody"}),
        ("{ sessions { id } }", {}),
        ("{ members { totalCount } }", {}),
        ("{ staffUsers { id } }", {}),
        ("{ locations { totalCount } }", {}),
        ("{ companies { totalCount } }", {}),
        ("{ companyGroups { id } }", {}),
        ("{ paymentTerms { code } }", {}),
        ("{ seller { name } }", {}),
    ],
)
async def test_nobody_has_to_sign_in_first(client: httpx.AsyncClient, operation: str, variables: dict[str, Any]) -> None:
    assert await Client(client).code(operation, **variables) == "NOT_SIGNED_IN"


async def test_sign_ins_that_are_long_over_are_forgotten(database: str) -> None:
    buyer = await a_buyer()
    await sign_in_as(buyer)
    await issue_password_token(buyer.user_id)
    with clock.frozen(clock.now() + timedelta(days=100)):
        await sign_in_as(buyer)
        await forget_old_sign_ins()
        assert await Session.all().count() == 2
    with clock.frozen(clock.now() + timedelta(days=121)):
        await forget_old_sign_ins()
        assert await Session.all().count() == 1
        assert await fetch_value("SELECT count(*) FROM password_token") == 0
