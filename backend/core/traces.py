"""Traces for an OTLP collector, when OTEL_EXPORTER_OTLP_ENDPOINT is set; else nothing is imported and a span costs one look.

The packages come with the extra `linesheet[traces]`. Spans hold names and counts: no variables, addresses or values.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_tracer: Any = None


class TracesMissing(Exception):
    """A collector is named, but the packages that speak to it are not installed."""


def start(service: str, exporter: Any = None) -> None:
    """Send spans from now on: to the collector that the OTEL_EXPORTER_OTLP_… variables name, or to the given exporter."""
    global _tracer
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # type: ignore[import-not-found,unused-ignore]

            processor: Any = BatchSpanProcessor(OTLPSpanExporter())
        else:
            processor = SimpleSpanProcessor(exporter)
    except ImportError as error:
        raise TracesMissing(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: pip install 'linesheet[traces]', or unset it."
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(processor)
    _tracer = provider


def stop() -> None:
    """Send what is left, and no more."""
    global _tracer
    if _tracer is not None:
        _tracer.shutdown()
    _tracer = None


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[Any]:
    """A span around a block, below the one that is open; None without traces."""
    if _tracer is None:
        yield None
        return
    with _tracer.get_tracer("linesheet").start_as_current_span(name, attributes=attributes) as opened:
        yield opened


def describe(opened: Any, name: str | None, statements: int, codes: Iterable[str]) -> None:
    """What is known of an operation when it is answered."""
    if opened is None:
        return
    if name:
        opened.update_name(f"operation {name}")
        opened.set_attribute("graphql.operation.name", name)
    opened.set_attribute("linesheet.statements", statements)
    for code in codes:
        opened.set_attribute("linesheet.error", code)
