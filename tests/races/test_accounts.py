"""What must happen once although it is asked many times at once: a mailed token's password, a company's last admin, a new member."""

import asyncio

import pytest

from backend.companies.actions.invitations import accept_invitation, issue_invitation_token
from backend.companies.actions.members import invite_member, remove_member
from backend.companies.actions.passwords import issue_password_token, set_password
from backend.companies.actions.seller import ensure_seller, set_credit_limit
from backend.companies.actions.sessions import SignedIn, act_as, sign_out
from backend.companies.drafts import MemberDraft
from backend.companies.models import CreditAccount, Member, User
from backend.core.database import execute, fetch_value, transaction
from backend.core.errors import InvalidInput, NotFound, NotSignedIn, Problem
from backend.core.models import Seller
from backend.core.money import Money
from backend.core.viewer import Role, system_viewer
from tests.factories.companies import make_company, make_location, make_member, viewer_of


async def two_admins() -> tuple[Member, Member]:
    company = await make_company()
    await make_location(company)
    return await make_member(company, Role.COMPANY_ADMIN), await make_member(company, Role.COMPANY_ADMIN)


async def test_two_admins_who_remove_each_other_leave_one(database: str) -> None:
    one, other = await two_admins()
    viewers = [await viewer_of(one), await viewer_of(other)]
    done = await asyncio.gather(remove_member(viewers[0], other.id), remove_member(viewers[1], one.id), return_exceptions=True)
    assert [type(result) for result in done if result is not None] == [InvalidInput]
    assert await Member.filter(role="COMPANY_ADMIN").count() == 1


async def test_without_the_lock_both_would_go(database: str) -> None:
    """The negative control: each looks for another admin before the other has committed."""
    one, other = await two_admins()
    both_have_looked = asyncio.Barrier(2)

    async def remove(member: Member) -> None:
        async with transaction():
            await execute("DELETE FROM member WHERE id = $1", member.id)
            left = await fetch_value("SELECT count(*) FROM member WHERE role = 'COMPANY_ADMIN'")
            await both_have_looked.wait()
            assert left == 1

    await asyncio.gather(remove(one), remove(other))
    assert await Member.filter(role="COMPANY_ADMIN").count() == 0


async def test_a_mailed_token_used_many_times_at_once_sets_one_password(database: str) -> None:
    one, _ = await two_admins()
    token = await issue_password_token(one.user_id)
    assert token is not None
    done = await asyncio.gather(*(set_password(token, f"a horse and staple {i}") for i in range(6)), return_exceptions=True)
    assert [type(result) for result in done].count(NotFound) == 5
    assert await fetch_value("SELECT count(*) FROM session WHERE ended_at IS NULL") == 1


async def test_an_invitation_sent_many_times_at_once_makes_one_member(database: str) -> None:
    company = await make_company()
    place = await make_location(company)
    draft = MemberDraft("new@harbour.example", "Nel", locations=(place.id,))
    done = await asyncio.gather(*(invite_member(system_viewer(), company.id, draft) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(result, Problem) for result in done) == 5
    assert (await Member.all().count(), await User.all().count()) == (1, 0)
    assert await fetch_value("SELECT count(*) FROM pgqueuer") == 1


OPEN_TOKENS = "SELECT count(*) FROM session WHERE ended_at IS NULL"


async def test_no_token_outlives_its_sign_in(database: str) -> None:
    """actAs and signOut at once: either the new token is ended too, or there is none."""
    one, _ = await two_admins()
    for _ in range(5):
        viewer = await viewer_of(one)
        acts = [act_as(viewer, viewer.location_id) for _ in range(4)]
        done = await asyncio.gather(*acts[:2], sign_out(viewer), *acts[2:], return_exceptions=True)
        assert {type(result) for result in done} <= {SignedIn, NotSignedIn, type(None)}
        assert await fetch_value(OPEN_TOKENS) == 0


async def test_control_without_the_lock_a_token_outlives_its_sign_in(database: str) -> None:
    """The sign-out has seen which tokens there are, and waits for one of them; another one is made meanwhile."""
    one, _ = await two_admins()
    viewer = await viewer_of(one)
    row_is_held, go = asyncio.Event(), asyncio.Event()

    async def act() -> None:
        async with transaction():
            await execute("SELECT FROM session WHERE id = $1 FOR UPDATE", viewer.session_id)
            row_is_held.set()
            await go.wait()
            await execute(
                "INSERT INTO session (id, family_id, token_hash, user_id, location_id, created_at, expires_at, user_agent, address)"
                " SELECT 1, family_id, 'x', user_id, location_id, created_at, expires_at, '', '' FROM session WHERE id = $1",
                viewer.session_id,
            )

    async def leave() -> None:
        await row_is_held.wait()
        await execute("UPDATE session SET ended_at = now() WHERE family_id = $1 AND ended_at IS NULL", viewer.session_id)

    acting, leaving = asyncio.create_task(act()), asyncio.create_task(leave())
    async with asyncio.timeout(60):
        while not await fetch_value(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE session%'"
        ):
            await asyncio.sleep(0.02)
    go.set()
    await asyncio.gather(acting, leaving)
    assert await fetch_value(OPEN_TOKENS) == 1


async def test_there_is_one_seller_however_many_make_her(database: str) -> None:
    keys = await asyncio.gather(*(ensure_seller(system_viewer(), name="N", currency="EUR") for _ in range(6)))
    assert len(set(keys)) == await Seller.all().count() == 1


@pytest.mark.parametrize("limit", [0, 50, 500])
async def test_a_limit_that_changes_while_orders_hold_credit_stays_consistent(database: str, limit: int) -> None:
    company = await make_company(credit={"EUR": 100})

    async def take() -> None:
        await execute("UPDATE credit_account SET taken_minor = taken_minor + 10 WHERE taken_minor + 10 <= limit_minor")

    await asyncio.gather(*(take() for _ in range(8)), set_credit_limit(system_viewer(), company.id, Money(limit, "EUR")))
    account = await CreditAccount.get(company=company)
    assert account.limit_minor == limit
    assert account.ceiling_minor == max(limit, account.taken_minor)


async def test_an_invitation_accepted_many_times_at_once_makes_one_member(database: str) -> None:
    company = await make_company()
    place = await make_location(company)
    key = await invite_member(system_viewer(), company.id, MemberDraft("new@harbour.example", "Nel", locations=(place.id,)))
    token = await issue_invitation_token(key)
    assert token is not None
    done = await asyncio.gather(*(accept_invitation(token, "a horse and a staple") for _ in range(6)), return_exceptions=True)
    assert [type(result) for result in done].count(NotFound) == 5
    assert (await User.all().count(), await Member.exclude(user_id=None).count()) == (1, 1)
