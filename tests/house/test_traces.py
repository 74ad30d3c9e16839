"""Traces: spans of requests and jobs with names and counts, never values; without the packages a setting says what to install."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from backend.core import traces
from backend.core.events import record
from backend.worker import drain
from tests.api.shopping import Client, open_shop
from tests.databases import ROOT


@dataclass(frozen=True)
class BellRung:
    room: str


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.start("tests", exporter)
    yield exporter
    traces.stop()


async def test_an_operation_is_a_span_with_its_name_statements_and_error(
    client: httpx.AsyncClient, database: str, spans: InMemorySpanExporter
) -> None:
    shop = await open_shop()
    await Client(client, shop.token).post("query Search($q: String) { products(query: $q) { totalCount } }", {"q": "a secret word"})
    await Client(client).post("query Mine { sessions { id } }", {})
    found = {span.name: dict(span.attributes or {}) for span in spans.get_finished_spans()}
    assert found["operation Search"]["graphql.operation.name"] == "Search"
    assert int(str(found["operation Search"]["linesheet.statements"])) > 1
    assert found["operation Mine"]["linesheet.error"] == "NOT_SIGNED_IN"
    assert "secret" not in str(found)


async def test_a_job_is_a_span(database: str, spans: InMemorySpanExporter) -> None:
    async def hear(event: BellRung) -> None:
        pass

    await record(BellRung("hall"))
    await drain(database, {BellRung: (hear,)})
    assert [span.name for span in spans.get_finished_spans()] == ["job BellRung"]


def test_without_the_packages_everything_else_works() -> None:
    asked = """
import sys
for name in ("opentelemetry", "opentelemetry.sdk", "opentelemetry.trace"):
    sys.modules[name] = None
import backend.app, backend.worker
from backend.core import traces
with traces.span("operation") as span:
    sys.exit(span is not None)
"""
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT).returncode == 0


def test_the_setting_without_the_packages_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(traces.TracesMissing, match=r"linesheet\[traces\]"):
        traces.start("tests")
