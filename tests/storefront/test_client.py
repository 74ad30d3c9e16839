"""The client sends one document with the viewer's token, and turns every answer into data or one kind of exception."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from storefront.client import ApiFailure, Client, Forbidden, Refused, SignedOut, document
from tests.storefront.canned import SHELL, CannedApi, error


async def test_sends_token_key_and_the_browsers_address():
    api = CannedApi(Frame=SHELL)
    await Client(api.app).run("Frame", {}, "secret-token", "key-1", "203.0.113.7")
    sent = api.headers[0]
    assert (sent["authorization"], sent["idempotency-key"], sent["address"]) == ("Bearer secret-token", "key-1", "203.0.113.7")


async def test_sends_no_authorization_without_a_token():
    api = CannedApi(Frame=SHELL)
    await Client(api.app).run("Frame")
    assert "authorization" not in api.headers[0]


def test_a_document_carries_its_fragments_once_and_their_fragments_too():
    text = document("Product")
    assert [text.count(f"fragment {name} on") for name in ("Shell", "GridParts", "CellParts")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NOT_SIGNED_IN", SignedOut),
        ("FORBIDDEN", Forbidden),
        ("BAD_INPUT", Refused),
        ("CONFLICT", Refused),
        ("INTERNAL", ApiFailure),
    ],
)
async def test_a_top_level_error_becomes_its_exception(code: str, kind: type[ApiFailure]):
    with pytest.raises(kind) as raised:
        await Client(CannedApi(Frame=error(code, "Why.")).app).run("Frame")
    assert (type(raised.value), raised.value.code, raised.value.message) == (kind, code, "Why.")


@pytest.mark.parametrize("app", [PlainTextResponse("<h1>502</h1>"), PlainTextResponse("[]")])
async def test_an_answer_that_cannot_be_read_is_a_failure_of_the_api(app: PlainTextResponse):
    with pytest.raises(ApiFailure):
        await Client(app).run("Frame")


async def test_an_api_that_breaks_down_is_a_failure_of_the_api():
    async def broken(scope: object, receive: object, send: object) -> None:
        raise RuntimeError("boom")

    with pytest.raises((ApiFailure, httpx.HTTPError)):
        await Client(broken).run("Frame")
