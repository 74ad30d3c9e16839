"""Mails from the event to the mail server: one for each event and reader, sent at least once, never lost, and nobody else's."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller

from backend.companies.actions.invitations import accept_invitation
from backend.companies.actions.members import invite_member
from backend.companies.actions.passwords import request_password_reset, set_password
from backend.companies.drafts import MemberDraft
from backend.companies.events import MemberInvited
from backend.companies.models import CompanyLocation, Member, User
from backend.core import clock
from backend.core.database import execute, fetch, fetch_value
from backend.core.events import record
from backend.core.viewer import Role, system_viewer
from backend.notices.events import MailWritten
from backend.notices.models import Mail
from backend.notices.sending import send_mail, send_waiting_mails
from backend.orders.events import OrderPlaced
from backend.settings import get_settings
from backend.worker import HANDLERS, drain
from tests.api.shopping import Client, Shop, fill, open_shop, place
from tests.databases import ROOT
from tests.factories.companies import make_member, make_staff, sign_in_as
from tests.servers import free_port

PUBLIC_URL = "https://shop.example"

# A development server shows its mailbox under its own names alone.
HERE = {"Host": "localhost"}


class MailServer:
    """A real SMTP server on a port of its own, that keeps what it is given."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.answer = "250 OK"
        self.kills: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        if self.kills is not None:
            self.kills.send_signal(signal.SIGKILL)
        return self.answer


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.controller.start()
    try:
        yield server
    finally:
        server.controller.stop()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Development without a mail server."""
    monkeypatch.setenv("PUBLIC_URL", PUBLIC_URL)
    monkeypatch.delenv("SMTP_URL", raising=False)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.fixture
def sends(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, kept: None) -> MailServer:
    """Mails go out to the server."""
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{mail_server.port}")
    get_settings.cache_clear()
    return mail_server


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


async def order(client: httpx.AsyncClient, shop: Shop, token: str | None = None) -> dict[str, Any]:
    buyer = Client(client, token or shop.token)
    await fill(buyer, {"sku": "NW-1-BLACK-M", "quantity": 12}, {"sku": "GL-9", "quantity": 3})
    placed: dict[str, Any] = (await place(buyer, purchaseOrderNumber="PO <1> & 2"))["orders"][0]
    return placed


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content


async def test_an_order_brings_one_mail_when_received_and_one_when_confirmed(
    client: httpx.AsyncClient, shop: Shop, database: str, sends: MailServer
) -> None:
    placed = await order(client, shop)
    await drain(database)
    manager = Client(client, await sign_in_as(await make_staff(Role.ADMIN)))
    await manager.ask("mutation ($id: ID!) { confirmOrder(id: $id) { __typename } }", id=placed["id"])
    await drain(database)
    assert [message["Subject"] for message in sends.received] == [
        f"Order {placed['number']} {what}" for what in ("received", "confirmed")
    ]
    email = (await User.get(id=shop.buyer.user_id)).email
    assert [message["To"].addresses[0].addr_spec for message in sends.received] == [email, email]
    text, html = text_of(sends.received[0]), text_of(sends.received[0], "html")
    for said in (
        "NW-1-BLACK-M",
        "12",
        "EUR 11.40",
        "EUR 136.80",
        "VAT 21 %",
        f"{PUBLIC_URL}/orders/{placed['number']}",
        "Waalhaven 12",
    ):
        assert said in text, said
        assert said in html, said
    assert f"Total  EUR {placed['total']['amount']}" in text
    assert "PO <1> & 2" in text
    assert "PO &lt;1&gt; &amp; 2" in html
    assert await Mail.filter(sent_at=None).count() == 0


async def test_an_order_s_mails_go_to_its_buyer_alone(
    client: httpx.AsyncClient, shop: Shop, database: str, sends: MailServer
) -> None:
    await make_member(shop.harbour, Role.COMPANY_ADMIN, locations=(shop.rotterdam,))
    await order(client, shop)
    await drain(database)
    assert [row["user_id"] for row in await fetch("SELECT user_id FROM mail")] == [shop.buyer.user_id]
    said = "".join(text_of(message) + text_of(message, "html") for message in sends.received)
    assert "Hill" not in said


async def test_a_location_with_an_address_hears_of_its_own_orders(
    client: httpx.AsyncClient, shop: Shop, database: str, sends: MailServer
) -> None:
    await CompanyLocation.filter(company_id=shop.harbour.id).exclude(id=shop.rotterdam.id).update(email="elsewhere@harbour.example")
    await CompanyLocation.filter(id=shop.rotterdam.id).update(email="goods-in@harbour.example")
    placed = await order(client, shop)
    await drain(database)
    buyer = await User.get(id=shop.buyer.user_id)
    assert {message["To"].addresses[0].addr_spec for message in sends.received} == {buyer.email, "goods-in@harbour.example"}
    assert {message["Subject"] for message in sends.received} == {f"Order {placed['number']} received"}
    assert len({message["Message-ID"] for message in sends.received}) == 2


async def test_a_buyer_whose_address_is_the_location_s_gets_one_mail(
    client: httpx.AsyncClient, shop: Shop, database: str, sends: MailServer
) -> None:
    buyer = await User.get(id=shop.buyer.user_id)
    await CompanyLocation.filter(id=shop.rotterdam.id).update(email=buyer.email)
    await order(client, shop)
    await drain(database)
    assert [message["To"].addresses[0].addr_spec for message in sends.received] == [buyer.email]


async def test_who_left_the_company_is_written_no_more(
    client: httpx.AsyncClient, shop: Shop, database: str, sends: MailServer
) -> None:
    await order(client, shop)
    await Member.filter(id=shop.buyer.id).update(is_active=False)
    await drain(database)
    assert sends.received == []


async def test_an_event_that_comes_twice_brings_one_mail(
    client: httpx.AsyncClient, shop: Shop, database: str, sends: MailServer
) -> None:
    await order(client, shop)
    order_id = await fetch_value("SELECT id FROM customer_order")
    await record(OrderPlaced(order_id))
    await drain(database)
    await drain(database)
    assert len(sends.received) == await Mail.all().count() == 1
    mail = await Mail.get()
    await send_mail(MailWritten(mail.id))
    await send_waiting_mails()
    assert len(sends.received) == 1


async def test_a_mail_server_that_is_down_is_asked_again_at_growing_intervals(
    client: httpx.AsyncClient, shop: Shop, database: str, mail_server: MailServer, sends: MailServer
) -> None:
    mail_server.controller.stop()
    await order(client, shop)
    await drain(database)
    pauses = []
    for _ in range(4):
        mail = await Mail.get()
        assert mail.sent_at is None
        assert mail.failure
        assert mail.next_attempt_at is not None
        pauses.append(round((mail.next_attempt_at - clock.now()).total_seconds() / 30))
        await execute("UPDATE mail SET next_attempt_at = $1", clock.now())
        await send_waiting_mails()
    assert pauses == [1, 2, 4, 8]
    mail_server.controller = Controller(mail_server, hostname="127.0.0.1", port=mail_server.port)
    mail_server.controller.start()
    await send_waiting_mails()
    assert sends.received == [], "it is not due yet"
    with clock.frozen(clock.now() + timedelta(hours=2)):
        await send_waiting_mails()
    assert len(sends.received) == 1


async def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    client: httpx.AsyncClient, shop: Shop, database: str, sends: MailServer
) -> None:
    sends.answer = "451 Try later"
    await order(client, shop)
    await drain(database)
    assert (await Mail.get()).next_attempt_at is not None
    sends.answer = "550 No such user"
    with clock.frozen(clock.now() + timedelta(hours=2)):
        await send_waiting_mails()
    mail = await Mail.get()
    assert mail.next_attempt_at is None
    assert mail.failure == "The recipient was refused: 550."


async def test_a_worker_killed_after_the_mail_server_s_250_sends_a_second_copy_of_the_same_name(
    client: httpx.AsyncClient, shop: Shop, database: str, sends: MailServer
) -> None:
    await order(client, shop)
    environment = {**os.environ, "DATABASE_URL": database}
    worker = subprocess.Popen([sys.executable, "-m", "backend.cli", "worker"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    sends.kills = worker
    try:
        assert await asyncio.to_thread(worker.wait, 30) == -signal.SIGKILL
    finally:
        worker.kill()
    sends.kills = None
    await send_waiting_mails()
    assert len(sends.received) == 1, "the claim holds as long as the attempt could still be under way"
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        await send_waiting_mails()
    first, second = sends.received
    assert first["Message-ID"] == second["Message-ID"]
    assert text_of(first) == text_of(second)
    assert (await Mail.get()).sent_at is not None


def token_in(text: str) -> str:
    found = re.search(rf"{re.escape(PUBLIC_URL)}/(?:set-password|invitation)\?token=(\S+)", text)
    assert found, text
    return found[1]


async def test_a_password_link_works_and_is_kept_nowhere(shop: Shop, database: str, sends: MailServer) -> None:
    user = await User.get(id=shop.buyer.user_id)
    await request_password_reset(user.email)
    await request_password_reset("nobody@nowhere.example")
    await drain(database)
    assert [message["To"].addresses[0].addr_spec for message in sends.received] == [user.email]
    token = token_in(text_of(sends.received[0]))
    assert token in text_of(sends.received[0], "html")
    stored = await fetch(
        "SELECT m::text AS row FROM mail m UNION ALL SELECT q::text FROM pgqueuer q UNION ALL SELECT l::text FROM pgqueuer_log l"
    )
    assert not [row for row in stored if token in row["row"]]
    await set_password(token, "a long enough passphrase 7")


async def test_asking_twice_for_a_password_brings_two_mails(shop: Shop, database: str, sends: MailServer) -> None:
    email = (await User.get(id=shop.buyer.user_id)).email
    for _ in range(2):
        await request_password_reset(email)
    await drain(database)
    assert len(sends.received) == 2


async def test_an_invitation_says_for_whom_and_by_whom(shop: Shop, database: str, sends: MailServer) -> None:
    draft = MemberDraft(email="new@harbour.example", name="New <b>Person</b>", role=Role.BUYER, locations=(shop.rotterdam.id,))
    await invite_member(system_viewer(), shop.harbour.id, draft)
    await drain(database)
    (message,) = sends.received
    assert "for Harbour Workwear" in text_of(message)
    assert "<b>Person</b>" not in text_of(message, "html")
    await accept_invitation(token_in(text_of(message)), "a long enough passphrase 7")


async def test_nothing_is_written_to_an_address_of_the_seller(shop: Shop, database: str, sends: MailServer) -> None:
    staff = await make_staff()
    draft = MemberDraft(email=staff.email, name="Whoever", role=Role.BUYER, locations=(shop.rotterdam.id,))
    await invite_member(system_viewer(), shop.harbour.id, draft)
    await drain(database)
    assert not sends.received


async def test_who_has_a_password_is_invited_without_a_link_to_set_one(shop: Shop, database: str, sends: MailServer) -> None:
    await User.filter(id=shop.hill_buyer.user_id).update(password_hash="set")
    await make_member(shop.harbour, user=await User.get(id=shop.hill_buyer.user_id))
    await record(MemberInvited(shop.hill_buyer.user_id, shop.harbour.id, None))
    await drain(database)
    assert "set-password" not in text_of(sends.received[0])


async def test_without_a_mail_server_development_keeps_mails_in_its_mailbox(
    client: httpx.AsyncClient, shop: Shop, database: str, kept: None
) -> None:
    placed = await order(client, shop)
    await request_password_reset((await User.get(id=shop.buyer.user_id)).email)
    await drain(database)
    page = await client.get("/mailbox", headers=HERE)
    assert page.status_code == 200
    assert "script" not in page.headers["Content-Security-Policy"]
    assert f"Order {placed['number']} received" in page.text
    links = re.findall(r'href="(/mailbox/\d+)"', page.text)
    shown = [(await client.get(link, headers=HERE)).text for link in links]
    assert sum("set-password?token=" in text for text in shown) == 1
    html = await client.get(f"{links[-1]}?html", headers=HERE)
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert (await client.get("/mailbox/1", headers=HERE)).status_code == 404


async def test_a_page_of_a_foreign_name_reads_no_mail(client: httpx.AsyncClient) -> None:
    """Somebody's page whose name was made to lead here (DNS rebinding) finds no mailbox; the same goes for the explorer and demo logins."""
    for host in ("rebound.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::1"):
        foreign = {"Host": host, "Accept": "text/html"}
        assert (await client.get("/mailbox", headers=foreign)).status_code == 404
        assert (await client.get("/mailbox/1", headers=foreign)).status_code == 404
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "shop.localhost"):
        assert (await client.get("/mailbox", headers={"Host": host})).status_code == 200


async def test_there_is_no_mailbox_in_production(database: str) -> None:
    from backend.app import build
    from backend.settings import Settings

    app = build(Settings(database_url=database, environment="production", public_url=PUBLIC_URL))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client:
        assert (await client.get("/mailbox")).status_code in (302, 303, 404)


def test_every_event_of_the_rooms_has_handlers() -> None:
    import importlib
    from dataclasses import is_dataclass

    events = {
        one
        for path in (ROOT / "backend").glob("*/events.py")
        if path.parent.name != "core"
        for one in vars(importlib.import_module(f"backend.{path.parent.name}.events")).values()
        if isinstance(one, type) and is_dataclass(one)
    }
    assert events == set(HANDLERS)
