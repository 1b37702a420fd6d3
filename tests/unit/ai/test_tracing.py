"""What spans say of calls and requests, and what they never say."""

from __future__ import annotations

import asyncio
from contextvars import Context
from dataclasses import dataclass
from decimal import Decimal

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from ai import tracing
from ai.engine import drive
from ai.providers.fake import FakeProvider, Script
from ai.tracing import CONSUMER, begin_call, end_call, note_status, span, traceparent
from ai.types import Completed, Message, ModelSpec, ProviderCall, ProviderSpec, StopReason, Usage
from tests.unit.ai.engine.conftest import fake as fake
from tests.unit.ai.engine.driving import driven, job
from tests.unit.spans import CANARY
from tests.unit.spans import exporter as exporter

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REQUEST = ProviderCall(
    model=ModelSpec(
        name="small",
        provider=ProviderSpec(name="acme", kind="openai", base_url=None, api_key_setting=None),
        context_window=8192,
        max_output_tokens=1000,
        capabilities=frozenset(),
    ),
    messages=(Message(role="user", content=CANARY),),
    max_tokens=100,
    temperature=0.5,
    schema={"description": CANARY},
    content_idle_s=30,
)
USAGE = Usage(input_tokens=10, cache_read_tokens=4, cache_write_tokens=2, output_tokens=7)


@dataclass
class Call:
    outcome: str = "done"
    stopped: bool = False
    completed: Completed | None = None
    first_text_s: float | None = None


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    (found,) = exporter.get_finished_spans()
    return found


def ended(exporter: InMemorySpanExporter, call: Call, *, usage: Usage = USAGE, cost: str | None = None) -> ReadableSpan:
    current = begin_call(REQUEST, reason="retry")
    end_call(current, call, usage=usage, cost_usd=None if cost is None else Decimal(cost))
    return only(exporter)


def test_call_says_what_was_asked_and_what_it_took(exporter: InMemorySpanExporter) -> None:
    completed = Completed(stop_reason=StopReason.END, usage=USAGE)
    found = ended(exporter, Call(completed=completed, first_text_s=0.25), cost="0.0125")
    assert (found.name, found.kind, found.status.status_code) == ("chat small", SpanKind.CLIENT, StatusCode.UNSET)
    assert dict(found.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": "small",
        "gen_ai.request.max_tokens": 100,
        "gen_ai.request.stream": True,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.output.type": "json",
        "gen_ai.response.finish_reasons": ("end",),
        "gen_ai.response.time_to_first_chunk": 0.25,
        "gen_ai.usage.input_tokens": 16,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.cache_creation.input_tokens": 2,
        "gen_ai.usage.output_tokens": 7,
        "lintel.call.reason": "retry",
        "lintel.call.outcome": "done",
        "lintel.usage.estimated": False,
        "lintel.cost_usd": 0.0125,
    }


def test_failed_call_is_an_error_by_its_code(exporter: InMemorySpanExporter) -> None:
    found = ended(exporter, Call(outcome="rate_limited"))
    assert found.status.status_code is StatusCode.ERROR
    assert (found.attributes or {})["error.type"] == "rate_limited"
    assert found.status.description is None


def test_stopped_call_is_no_error(exporter: InMemorySpanExporter) -> None:
    found = ended(exporter, Call(outcome="cancelled", stopped=True))
    assert found.status.status_code is StatusCode.UNSET
    assert "error.type" not in (found.attributes or {})
    assert (found.attributes or {})["lintel.call.outcome"] == "cancelled"


def test_unknown_cost_is_absent_and_free_is_nought(exporter: InMemorySpanExporter) -> None:
    assert "lintel.cost_usd" not in (ended(exporter, Call()).attributes or {})
    exporter.clear()
    assert (ended(exporter, Call(), cost="0").attributes or {})["lintel.cost_usd"] == 0.0


def test_our_own_count_is_marked(exporter: InMemorySpanExporter) -> None:
    found = ended(exporter, Call(), usage=Usage(input_tokens=3, estimated=True))
    assert (found.attributes or {})["lintel.usage.estimated"] is True


def test_call_belongs_to_the_run_wherever_it_ends(exporter: InMemorySpanExporter) -> None:
    with span("run", CONSUMER, {}) as run:
        current = begin_call(REQUEST, reason="first")
    Context().run(end_call, current, Call(), usage=USAGE, cost_usd=None)
    call = next(each for each in exporter.get_finished_spans() if each.name == "chat small")
    assert call.parent is not None
    assert call.parent.span_id == run.get_span_context().span_id


async def test_engine_driven_by_many_tasks_stays_below_the_run(
    exporter: InMemorySpanExporter, fake: FakeProvider
) -> None:
    fake.scripts.push(Script(text=CANARY))
    with span("run", CONSUMER, {}) as run:
        events = drive(job(fake))

        async def following() -> object:
            return await anext(events, None)

        while await asyncio.create_task(following()) is not None:
            pass
    (call, _run) = exporter.get_finished_spans()
    assert call.parent is not None
    assert call.parent.span_id == run.get_span_context().span_id
    assert (call.attributes or {})["gen_ai.response.time_to_first_chunk"]


async def test_what_a_provider_says_of_a_failure_stays_out(exporter: InMemorySpanExporter, fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=400, error_code=CANARY))
    await driven(job(fake, messages=(Message(role="user", content=CANARY),)))
    found = only(exporter)
    assert (found.attributes or {})["error.type"] == "provider_rejected"
    assert not found.events


def test_exceptions_words_stay_out(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=CANARY), span("run", CONSUMER, {}):
        raise ValueError(CANARY)
    assert not only(exporter).events
    assert only(exporter).status.description is None


@pytest.mark.parametrize(
    ("code", "status"), [("", StatusCode.UNSET), ("refused", StatusCode.ERROR)], ids=["well", "badly"]
)
def test_run_says_how_its_request_ended(exporter: InMemorySpanExporter, code: str, status: StatusCode) -> None:
    with span("run", CONSUMER, {}):
        note_status("failed" if code else "done", code)
    assert only(exporter).status.status_code is status
    assert (only(exporter).attributes or {}).get("error.type", "") == code


def test_trace_goes_on_from_its_callers(exporter: InMemorySpanExporter) -> None:
    with span("served", tracing.SERVER, {}, parent=CALLER):
        handed_on = traceparent()
    with span("run", CONSUMER, {}, parent=handed_on):
        pass
    served, run = exporter.get_finished_spans()
    assert served.parent is not None
    assert run.parent is not None
    assert f"{served.parent.trace_id:032x}" == CALLER.split("-")[1]
    assert run.parent.span_id == (served.context and served.context.span_id)


@pytest.mark.parametrize("nonsense", ["no parent", f"{CALLER}{'f' * 400}", "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_nonsense_from_a_caller_begins_a_new_trace(exporter: InMemorySpanExporter, nonsense: str) -> None:
    with span("served", tracing.SERVER, {}, parent=nonsense):
        assert len(traceparent()) == 55
    assert only(exporter).parent is None


def test_nothing_is_handed_on_where_nobody_traces() -> None:
    with span("served", tracing.SERVER, {}):
        assert traceparent() == ""
