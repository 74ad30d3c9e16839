"""Members of a company and the seller's staff: who invites, changes and removes whom."""

from typing import Any

import httpx
import pytest

from backend.companies.actions.members import create_staff_user, invite_member
from backend.companies.drafts import MemberDraft
from backend.companies.models import Company, CompanyLocation, Member, MemberLocation, Session, User
from backend.companies.passwords import hash_password
from backend.core.database import fetch, fetch_value
from backend.core.viewer import BUYER_ROLES, STAFF_ROLES, Role, system_viewer
from tests.api.shopping import Client
from tests.factories.companies import make_company, make_location, make_member, make_staff, make_user, sign_in_as

MEMBER = "id role isActive invited user { id email name } defaultLocation { id } locations { id name }"
RESULT = f"__typename ... on Member {{ {MEMBER} }} ... on InvalidInput {{ message path }} ... on NotFound {{ message }}"
INVITE = (
    f"mutation ($company: ID!, $input: InviteMemberInput!) {{ inviteMember(companyId: $company, input: $input) {{ {RESULT} }} }}"
)
UPDATE = f"mutation ($id: ID!, $input: UpdateMemberInput!) {{ updateMember(id: $id, input: $input) {{ {RESULT} }} }}"
REMOVE = """mutation ($id: ID!) { removeMember(id: $id) { __typename
  ... on MemberRemoved { id } ... on InvalidInput { message path } ... on NotFound { message } } }"""
MEMBERS = f"""query ($company: ID, $first: Int, $after: String) {{ members(companyId: $company, first: $first, after: $after) {{
  totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {MEMBER} }} }} }}"""
PERSON = "id user { id email name } role isActive invited"
STAFF_RESULT = f"__typename ... on StaffUser {{ {PERSON} }} ... on InvalidInput {{ message path }} ... on NotFound {{ message }}"
CREATE_STAFF = f"mutation ($input: CreateStaffUserInput!) {{ createStaffUser(input: $input) {{ {STAFF_RESULT} }} }}"
UPDATE_STAFF = (
    f"mutation ($id: ID!, $input: UpdateStaffUserInput!) {{ updateStaffUser(id: $id, input: $input) {{ {STAFF_RESULT} }} }}"
)
SIGN_IN = "mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { __typename } }"
WHO = "{ viewer { user { id } } }"


class Harbour:
    """A company with two locations, its admin, a buyer; and a stranger who is admin elsewhere."""

    company: Company
    one: CompanyLocation
    two: CompanyLocation
    boss: Member
    buyer: Member
    stranger: Member
    elsewhere: CompanyLocation

    @property
    def key(self) -> str:
        return f"company.{self.company.id}"


async def harbour() -> Harbour:
    found = Harbour()
    found.company = await make_company("Harbour")
    found.one, found.two = await make_location(found.company, "One"), await make_location(found.company, "Two")
    found.boss = await make_member(found.company, Role.COMPANY_ADMIN, locations=(found.one,), user=await make_user(name="Ann"))
    found.buyer = await make_member(found.company, locations=(found.one,), user=await make_user(name="Bea"))
    other = await make_company("Hill")
    found.elsewhere = await make_location(other)
    found.stranger = await make_member(other, Role.COMPANY_ADMIN)
    return found


async def as_(client: httpx.AsyncClient, who: Member | User) -> Client:
    return Client(client, await sign_in_as(who))


def place(location: CompanyLocation) -> str:
    return f"location.{location.id}"


# ---- inviting


async def test_a_company_admin_invites_a_member_and_a_mail_is_queued(client: httpx.AsyncClient) -> None:
    here = await harbour()
    boss = await as_(client, here.boss)
    given = {"email": "New@Harbour.example", "name": "Nel New", "locationIds": [place(here.two), place(here.one)]}
    made = (await boss.ask(INVITE, company=here.key, input=given))["inviteMember"]
    assert (made["user"]["email"], made["user"]["name"], made["role"]) == ("new@harbour.example", "Nel New", "BUYER")
    assert (made["invited"], made["isActive"], made["defaultLocation"]["id"]) == (True, True, place(here.two))
    assert [location["name"] for location in made["locations"]] == ["One", "Two"]
    (job,) = await fetch("SELECT entrypoint, payload FROM pgqueuer")
    assert job["entrypoint"] == "InvitationMade"
    assert made["id"].partition(".")[2].encode() in job["payload"]


@pytest.mark.parametrize("role", [Role.SALES_MANAGER, Role.ADMIN])
async def test_the_seller_invites_into_any_company(client: httpx.AsyncClient, role: Role) -> None:
    here = await harbour()
    given = {"email": "admin@harbour.example", "name": "Ada", "role": "COMPANY_ADMIN"}
    made = (await (await as_(client, await make_staff(role))).ask(INVITE, company=here.key, input=given))["inviteMember"]
    assert (made["role"], made["locations"], made["defaultLocation"]["id"]) == ("COMPANY_ADMIN", [], place(here.one))


async def test_the_answer_is_the_same_whoever_has_the_address(client: httpx.AsyncClient) -> None:
    """Nobody, a buyer of another company, one of the seller's people, somebody who is shut out: none can be told from the others."""
    here = await harbour()
    boss = await as_(client, here.boss)
    staff, out, stranger = (
        await make_staff(Role.FINANCE),
        await make_user(is_active=False),
        await User.get(id=here.stranger.user_id),
    )
    members = await Member.exclude(user_id=None).count()
    answers = []
    for email in ("nobody@x.example", stranger.email, staff.email, out.email):
        given = {"email": email, "name": "Whatever", "locationIds": [place(here.one)]}
        made = (await boss.ask(INVITE, company=here.key, input=given))["inviteMember"]
        assert made["user"]["id"] == made["id"].replace("member", "invitation")
        answers.append(repr(made).replace(made["id"].partition(".")[2], "KEY").replace(email, "EMAIL"))
    assert len(set(answers)) == 1
    assert "'name': 'Whatever'" in answers[0]
    assert await Member.exclude(user_id=None).count() == members


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"email": "no address"}, ["input", "email"]),
        ({"email": "a\0@b.example"}, ["input", "email"]),
        ({"email": "BEA"}, ["input", "email"]),
        ({"name": " "}, ["input", "name"]),
        ({"name": "You won: www.example.com"}, ["input", "name"]),
        ({"name": "see https://x.example/now"}, ["input", "name"]),
        ({"name": "Nel\u202egnp"}, ["input", "name"]),
        ({"role": "ADMIN"}, ["input", "role"]),
        ({"role": "SALES_REP"}, ["input", "role"]),
        ({"locationIds": []}, ["input", "locationIds"]),
        ({"locationIds": ["ELSEWHERE"]}, ["input", "locationIds"]),
        ({"locationIds": ["nonsense"]}, ["input", "locationIds"]),
        ({"defaultLocationId": "TWO"}, ["input", "defaultLocationId"]),
    ],
)
async def test_an_invitation_that_cannot_stand_makes_nobody(
    client: httpx.AsyncClient, change: dict[str, Any], path: list[str]
) -> None:
    here = await harbour()
    words = {
        "BEA": (await User.get(id=here.buyer.user_id)).email.upper(),
        "TWO": place(here.two),
        "ELSEWHERE": place(here.elsewhere),
    }
    given: dict[str, Any] = {"email": "new@harbour.example", "name": "Nel", "locationIds": [place(here.one)]}
    for name, value in change.items():
        given[name] = [words.get(one, one) for one in value] if isinstance(value, list) else words.get(value, value)
    people, members = await User.all().count(), await Member.all().count()
    answer = (await (await as_(client, here.boss)).ask(INVITE, company=here.key, input=given))["inviteMember"]
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", path)
    assert (await User.all().count(), await Member.all().count()) == (people, members)
    assert await fetch_value("SELECT count(*) FROM pgqueuer") == 0


async def test_the_demo_gives_people_a_password_and_no_mail(client: httpx.AsyncClient) -> None:
    here = await harbour()
    hashed = await hash_password("a horse and a staple")
    draft = MemberDraft("demo@harbour.example", "Demo", locations=(here.one.id,))
    await invite_member(system_viewer(), here.company.id, draft, password_hash=hashed)
    await create_staff_user(system_viewer(), "rep@seller.example", "Rep", Role.SALES_REP, password_hash=hashed)
    for email in ("demo@harbour.example", "rep@seller.example"):
        answer = await Client(client).ask(SIGN_IN, email=email, password="a horse and a staple")
        assert answer["signIn"]["__typename"] == "SignedIn"
    assert await fetch_value("SELECT count(*) FROM pgqueuer") == 0


# ---- changing and removing


async def test_role_and_locations_change_what_she_may_do_at_once(client: httpx.AsyncClient) -> None:
    here = await harbour()
    boss, bea = await as_(client, here.boss), await as_(client, here.buyer)
    moved = (await boss.ask(UPDATE, id=f"member.{here.buyer.id}", input={"locationIds": [place(here.two)]}))["updateMember"]
    assert ([location["name"] for location in moved["locations"]], moved["defaultLocation"]["id"]) == (["Two"], place(here.two))
    assert (await bea.ask(WHO))["viewer"] is None
    raised = (await boss.ask(UPDATE, id=f"member.{here.buyer.id}", input={"role": "COMPANY_ADMIN"}))["updateMember"]
    assert raised["role"] == "COMPANY_ADMIN"
    assert (await bea.ask(MEMBERS))["members"]["totalCount"] == 2
    shut = (await boss.ask(UPDATE, id=f"member.{here.buyer.id}", input={"isActive": False}))["updateMember"]
    assert (shut["isActive"], shut["role"]) == (False, "COMPANY_ADMIN")
    assert (await bea.ask(WHO))["viewer"] is None


async def test_a_default_location_is_chosen_among_hers(client: httpx.AsyncClient) -> None:
    here = await harbour()
    boss = await as_(client, here.boss)
    change = {"locationIds": [place(here.one), place(here.two)], "defaultLocationId": place(here.two)}
    done = (await boss.ask(UPDATE, id=f"member.{here.buyer.id}", input=change))["updateMember"]
    assert done["defaultLocation"]["id"] == place(here.two)
    kept = (await boss.ask(UPDATE, id=f"member.{here.buyer.id}", input={"role": "APPROVER"}))["updateMember"]
    assert (kept["defaultLocation"]["id"], kept["role"]) == (place(here.two), "APPROVER")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"role": "ADMIN"}, ["input", "role"]),
        ({"locationIds": ["ELSEWHERE"]}, ["input", "locationIds"]),
        ({"locationIds": []}, ["input", "locationIds"]),
        ({"defaultLocationId": "TWO"}, ["input", "defaultLocationId"]),
    ],
)
async def test_a_change_that_cannot_stand_changes_nothing(
    client: httpx.AsyncClient, change: dict[str, Any], path: list[str]
) -> None:
    here = await harbour()
    words = {"TWO": place(here.two), "ELSEWHERE": place(here.elsewhere)}
    given = {
        name: [words.get(one, one) for one in value] if isinstance(value, list) else words.get(value, value)
        for name, value in change.items()
    }
    given.setdefault("role", "APPROVER")
    answer = (await (await as_(client, here.boss)).ask(UPDATE, id=f"member.{here.buyer.id}", input=given))["updateMember"]
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", path)
    assert (await Member.get(id=here.buyer.id)).role == "BUYER"
    assert await MemberLocation.filter(member=here.buyer).values_list("location_id", flat=True) == [here.one.id]


async def test_a_company_keeps_its_last_admin(client: httpx.AsyncClient) -> None:
    here = await harbour()
    boss = await as_(client, here.boss)
    for change in ({"role": "BUYER"}, {"isActive": False}):
        answer = (await boss.ask(UPDATE, id=f"member.{here.boss.id}", input=change))["updateMember"]
        assert (answer["__typename"], answer["path"]) == ("InvalidInput", ["input", "role"])
    assert (await boss.ask(REMOVE, id=f"member.{here.boss.id}"))["removeMember"]["__typename"] == "InvalidInput"
    assert (await Member.get(id=here.boss.id)).role == "COMPANY_ADMIN"
    seller = await as_(client, await make_staff(Role.ADMIN))
    answer = (await seller.ask(UPDATE, id=f"member.{here.boss.id}", input={"role": "BUYER"}))["updateMember"]
    assert answer["role"] == "BUYER"


async def test_a_removed_member_is_out_at_once_and_can_be_invited_again(client: httpx.AsyncClient) -> None:
    here = await harbour()
    boss, bea = await as_(client, here.boss), await as_(client, here.buyer)
    key = f"member.{here.buyer.id}"
    assert (await boss.ask(REMOVE, id=key))["removeMember"] == {"__typename": "MemberRemoved", "id": key}
    assert (await bea.ask(WHO))["viewer"] is None
    assert await Session.filter(user_id=here.buyer.user_id, ended_at=None).count() == 0
    assert (await boss.ask(REMOVE, id=key))["removeMember"]["__typename"] == "NotFound"
    email = (await User.get(id=here.buyer.user_id)).email
    given = {"email": email, "name": "Bea", "locationIds": [place(here.one)]}
    assert (await boss.ask(INVITE, company=here.key, input=given))["inviteMember"]["invited"]


# ---- seeing


async def test_members_are_listed_page_by_page_to_those_who_manage_them(client: httpx.AsyncClient) -> None:
    here = await harbour()
    boss = await as_(client, here.boss)
    first = (await boss.ask(MEMBERS, first=1))["members"]
    assert ([node["user"]["name"] for node in first["nodes"]], first["totalCount"]) == (["Ann"], 2)
    second = (await boss.ask(MEMBERS, first=1, after=first["pageInfo"]["endCursor"]))["members"]
    assert ([node["user"]["name"] for node in second["nodes"]], second["pageInfo"]["hasNextPage"]) == (["Bea"], False)
    assert (await boss.ask(MEMBERS, company=here.key))["members"]["totalCount"] == 2
    seller = await as_(client, await make_staff(Role.SALES_MANAGER))
    assert (await seller.ask(MEMBERS, company=here.key))["members"]["totalCount"] == 2
    assert (await seller.ask(MEMBERS))["members"]["totalCount"] == 0


async def test_members_of_another_company_do_not_exist(client: httpx.AsyncClient) -> None:
    here = await harbour()
    stranger = await as_(client, here.stranger)
    assert (await stranger.ask(MEMBERS, company=here.key))["members"] == {
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "endCursor": None},
        "nodes": [],
    }
    key, node = f"member.{here.buyer.id}", "query ($id: ID!) { node(id: $id) { id } }"
    assert (await stranger.ask(node, id=key))["node"] is None
    assert (await (await as_(client, here.buyer)).ask(node, id=key))["node"] is None
    assert (await (await as_(client, here.boss)).ask(node, id=key))["node"] == {"id": key}
    before = await fetch("SELECT * FROM member ORDER BY id")
    given = {"email": "mole@hill.example", "name": "Mole", "locationIds": [place(here.one)]}
    assert (await stranger.ask(INVITE, company=here.key, input=given))["inviteMember"]["__typename"] == "NotFound"
    assert (await stranger.ask(UPDATE, id=key, input={"isActive": False}))["updateMember"]["__typename"] == "NotFound"
    assert (await stranger.ask(REMOVE, id=key))["removeMember"]["__typename"] == "NotFound"
    assert await fetch("SELECT * FROM member ORDER BY id") == before


async def test_nobody_else_manages_members(client: httpx.AsyncClient) -> None:
    here = await harbour()
    key = f"member.{here.buyer.id}"
    asked: list[tuple[str, dict[str, Any]]] = [
        (MEMBERS, {}),
        (INVITE, {"company": here.key, "input": {"email": "x@harbour.example", "name": "X", "locationIds": [place(here.one)]}}),
        (UPDATE, {"id": key, "input": {"isActive": False}}),
        (REMOVE, {"id": key}),
    ]
    refused = [Client(client, await sign_in_as(await make_staff(role))) for role in STAFF_ROLES - {Role.ADMIN, Role.SALES_MANAGER}]
    refused += [await as_(client, await make_member(here.company, role)) for role in BUYER_ROLES - {Role.COMPANY_ADMIN}]
    before = await fetch("SELECT * FROM member ORDER BY id")
    for operation, variables in asked:
        assert await Client(client).code(operation, **variables) == "NOT_SIGNED_IN"
        for who in refused:
            assert await who.code(operation, **variables) == "FORBIDDEN"
    assert await fetch("SELECT * FROM member ORDER BY id") == before


# ---- the seller's staff


async def test_an_admin_takes_people_into_the_staff_and_lets_them_go(client: httpx.AsyncClient) -> None:
    admin = await as_(client, await make_staff(Role.ADMIN, name="Ada"))
    given = {"email": "Rep@Seller.example", "name": "Remy", "role": "SALES_REP"}
    made = (await admin.ask(CREATE_STAFF, input=given))["createStaffUser"]
    assert (made["user"]["email"], made["role"], made["isActive"], made["invited"]) == (
        "rep@seller.example",
        "SALES_REP",
        True,
        True,
    )
    assert await fetch_value("SELECT entrypoint FROM pgqueuer") == "StaffInvited"
    shown = (await admin.ask(f"{{ staffUsers {{ {PERSON} }} }}"))["staffUsers"]
    assert [person["user"]["name"] for person in shown] == ["Ada", "Remy"]
    rep = await as_(client, await User.get(email="rep@seller.example"))
    assert (await rep.ask(WHO))["viewer"]
    change = {"name": "Remy Rep", "role": "SALES_MANAGER", "isActive": False}
    done = (await admin.ask(UPDATE_STAFF, id=made["id"], input=change))["updateStaffUser"]
    assert (done["user"]["name"], done["role"], done["isActive"]) == ("Remy Rep", "SALES_MANAGER", False)
    assert (await rep.ask(WHO))["viewer"] is None


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"email": "TAKEN"}, ["input", "email"]),
        ({"email": "x"}, ["input", "email"]),
        ({"name": ""}, ["input", "name"]),
        ({"role": "BUYER"}, ["input", "role"]),
    ],
)
async def test_staff_that_cannot_stand_is_not_made(client: httpx.AsyncClient, change: dict[str, str], path: list[str]) -> None:
    taken = await make_user()
    admin = await as_(client, await make_staff(Role.ADMIN))
    given = {"email": "rep@seller.example", "name": "Remy", "role": "SALES_REP", **change}
    given["email"] = given["email"].replace("TAKEN", taken.email)
    answer = (await admin.ask(CREATE_STAFF, input=given))["createStaffUser"]
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", path)
    assert await User.all().count() == 2
    assert (await User.get(id=taken.id)).staff_role is None


async def test_the_seller_keeps_her_last_admin_and_buyers_are_not_staff(client: httpx.AsyncClient) -> None:
    here = await harbour()
    last = await make_staff(Role.ADMIN)
    admin = await as_(client, last)
    for change in ({"role": "FINANCE"}, {"isActive": False}):
        answer = (await admin.ask(UPDATE_STAFF, id=f"user.{last.id}", input=change))["updateStaffUser"]
        assert (answer["__typename"], answer["path"]) == ("InvalidInput", ["input", "role"])
    assert (await User.get(id=last.id)).staff_role == "ADMIN"
    for key in (f"user.{here.buyer.user_id}", "user.1", "nonsense"):
        answer = (await admin.ask(UPDATE_STAFF, id=key, input={"role": "ADMIN"}))["updateStaffUser"]
        assert answer["__typename"] == "NotFound"
    assert (await User.get(id=here.buyer.user_id)).staff_role is None


async def test_only_admins_make_staff(client: httpx.AsyncClient) -> None:
    here = await harbour()
    target = await make_staff(Role.FINANCE)
    asked: list[tuple[str, dict[str, Any]]] = [
        (CREATE_STAFF, {"input": {"email": "me@seller.example", "name": "Me", "role": "ADMIN"}}),
        (UPDATE_STAFF, {"id": f"user.{target.id}", "input": {"role": "ADMIN"}}),
    ]
    refused = [await as_(client, await make_staff(role)) for role in STAFF_ROLES - {Role.ADMIN}]
    refused += [await as_(client, here.boss), await as_(client, here.buyer)]
    before = await User.all().order_by("id").values()
    for operation, variables in asked:
        assert await Client(client).code(operation, **variables) == "NOT_SIGNED_IN"
        for who in refused:
            assert await who.code(operation, **variables) == "FORBIDDEN"
    assert await User.all().order_by("id").values() == before
    assert await refused[-1].code("{ staffUsers { id } }") == "FORBIDDEN"
