"""Spans (OpenTelemetry) of provider calls, after the GenAI conventions, and what ties a request's spans together.

Only the API is used here, which does nothing until somebody sets up its SDK (config/tracing.py). No prompt, no answer
and no words of an exception are ever put into a span.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Protocol

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ai.types import Completed, ProviderCall, Usage

Attributes = Mapping[str, str | int | float | bool]

SERVER, CONSUMER = SpanKind.SERVER, SpanKind.CONSUMER

_tracer = trace.get_tracer("lintel")
_propagator = TraceContextTextMapPropagator()


@contextmanager
def span(name: str, kind: SpanKind, attributes: Attributes, *, parent: str = "") -> Iterator[Span]:
    """A span around a piece of work. ``parent`` is a traceparent (W3C) from elsewhere; without one, what is current."""
    context = _propagator.extract({"traceparent": parent}) if parent else None
    with _tracer.start_as_current_span(
        name,
        context=context,
        kind=kind,
        attributes=attributes,
        record_exception=False,  # its words may hold anything
        set_status_on_exception=False,
    ) as current:
        yield current


def traceparent() -> str:
    """The current span for those who go on elsewhere, or nothing where there is none."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent", "")


def failed(current: Span, code: str) -> None:
    current.set_attribute("error.type", code)
    current.set_status(Status(StatusCode.ERROR))


def note_status(status: str, code: str = "") -> None:
    """Where the current span's work has brought its request."""
    current = trace.get_current_span()
    current.set_attribute("lintel.status", status)
    if code:
        failed(current, code)


class Ended(Protocol):
    """A call after its end, as ai.call has it."""

    outcome: str
    stopped: bool
    completed: Completed | None
    first_text_s: float | None


def begin_call(request: ProviderCall, *, reason: str) -> Span:
    """Below what is current now; `end_call` may come from anywhere."""
    asked: dict[str, str | int | float | bool] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": request.model.provider.name,
        "gen_ai.request.model": request.model.name,
        "gen_ai.request.max_tokens": request.max_tokens,
        "gen_ai.request.stream": True,
        "lintel.call.reason": reason,
    }
    if request.temperature is not None:
        asked["gen_ai.request.temperature"] = request.temperature
    if request.schema is not None:
        asked["gen_ai.output.type"] = "json"
    return _tracer.start_span(f"chat {request.model.name}", kind=SpanKind.CLIENT, attributes=asked)


def end_call(current: Span, call: Ended, *, usage: Usage, cost_usd: Decimal | None) -> None:
    current.set_attributes(_used(usage))
    current.set_attribute("lintel.call.outcome", call.outcome)
    if cost_usd is not None:
        current.set_attribute("lintel.cost_usd", float(cost_usd))
    if call.first_text_s is not None:
        current.set_attribute("gen_ai.response.time_to_first_chunk", call.first_text_s)
    if call.completed is not None:
        current.set_attribute("gen_ai.response.finish_reasons", [call.completed.stop_reason.value])
    if call.outcome != "done" and not call.stopped:
        failed(current, call.outcome)
    current.end()


def _used(usage: Usage) -> Attributes:
    """The conventions count cached tokens as input too."""
    return {
        "gen_ai.usage.input_tokens": usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "lintel.usage.estimated": usage.estimated,
    }
