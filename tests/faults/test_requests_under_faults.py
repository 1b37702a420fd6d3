"""Every fault, before and after the first shown text, on routes of one, two and three models, through whole requests.

What is expected is written down by hand: nothing here asks the code what it would do. The fault strikes every model of
a route but the last one of several, or all of them. A table that is shorter than the list of faults is noticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.models import LLMUsageLog
from ai.providers.fake import FAULTS, Call, FakeProvider, Script, fake_provider, fault
from config.local.ports import any_free
from requests_app.testing import inline_worker
from tests.faults.oracles.texts import storable
from tests.faults.routes import Ended, Vendor, Watched, accepted, catalogue_of, ended, finish_all, price_of

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.timeout(600)]

SOUND = "sound"
TEXT = "Größe 👩‍👩‍👧 of a naïve answer. "
IDLE_S = 3.0

Usage = Literal["billed", "estimated", "none"]
Reasons = tuple[str, ...]

TWICE: Reasons = ("first", "retry")
PUT_BACK: Reasons = ("first", "retry", "resumed", "retry", "resumed", "retry")  # six calls, and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``code`` is the request's where no other model is left, "" where it is answered.

    ``calls`` are those of a model that has others behind it, ``alone`` those of one that has none. ``stays``: no other
    model is asked, however many there are.
    """

    error: str = ""
    usage: Usage
    code: str = ""
    calls: Reasons = ("first",)
    alone: Reasons = ("first",)
    stays: bool = False


def passing(error: str, usage: Usage) -> Fault:
    """Tried again, put back, and at last given up."""
    return Fault(error=error, usage=usage, code="provider_unavailable", calls=TWICE, alone=PUT_BACK)


def turned_down(error: str, code: str) -> Fault:
    """Never asked the same model again."""
    return Fault(error=error, usage="none", code=code)


DONE = Fault(usage="billed", stays=True)
UNBILLED = Fault(usage="estimated", stays=True)
SHORT = Fault(usage="billed", code="incomplete", stays=True)
TOO_MUCH = Fault(
    usage="estimated", code="incomplete", stays=True
)  # we hang up: budgets hold no more than was asked for
REFUSED = Fault(usage="billed", code="refused", stays=True)
EMPTY = Fault(usage="billed", code="empty", calls=("first", "reask"), alone=("first", "reask"), stays=True)
IN_MIDSTREAM = passing("ServerFailed", "estimated")
CUT = passing("StreamCut", "estimated")
GARBLED = passing("GarbledStream", "estimated")
LATE = passing("CallTimedOut", "estimated")
LIMITED_FOR_LONG = Fault(
    error="RateLimited", usage="none", code="provider_unavailable", alone=("first", *["resumed"] * 5)
)

# fault: (before, after the first text). What turns a call down comes after the first text as an event that says so.
TABLE: dict[str, tuple[Fault | None, Fault | None]] = {
    "rate_limit": (passing("RateLimited", "none"), passing("RateLimited", "estimated")),
    "rate_limit_with_wait": (LIMITED_FOR_LONG, passing("RateLimited", "estimated")),
    "server_error": (passing("ServerFailed", "none"), IN_MIDSTREAM),
    "overloaded": (passing("Overloaded", "none"), passing("Overloaded", "estimated")),
    "bad_key": (turned_down("KeyRejected", "provider_unavailable"), IN_MIDSTREAM),
    "bad_request": (turned_down("BadCall", "provider_rejected"), IN_MIDSTREAM),
    "bad_gateway_page": (passing("ServerFailed", "none"), None),
    "gateway_timeout_page": (passing("ServerFailed", "none"), None),
    "error_with_200": (CUT, None),  # what is no event says nothing: a stream without its end
    "page_with_200": (CUT, None),
    "vanish": (CUT, None),
    "cut": (CUT, CUT),
    "drop": (CUT, CUT),
    "reset": (passing("ConnectionFailed", "estimated"), passing("ConnectionFailed", "estimated")),
    "garbage": (GARBLED, GARBLED),
    "overload_event": (passing("Overloaded", "estimated"), passing("Overloaded", "estimated")),
    "error_event": (IN_MIDSTREAM, IN_MIDSTREAM),
    "unfinished": (CUT, CUT),
    "silence": (LATE, LATE),
    "pings_only": (LATE, LATE),
    "byte_a_second": (LATE, None),
    "slow_head": (DONE, None),
    "max_tokens": (SHORT, SHORT),
    "refusal": (REFUSED, REFUSED),
    "paused": (SHORT, SHORT),
    "context_window": (SHORT, SHORT),
    "unknown_stop": (SHORT, SHORT),
    "empty": (EMPTY, None),
    "split_characters": (None, DONE),
    "emoji": (None, DONE),
    "nul": (None, DONE),
    "lone_surrogates": (None, DONE),
    "split_pair": (None, DONE),
    "huge_event": (None, TOO_MUCH),
    "gzip": (None, DONE),
    "whole_at_once": (None, DONE),
    "ended_by_close": (None, DONE),
    "wrong_content_type": (None, DONE),
    "ended_twice": (None, DONE),
    "text_after_end": (None, DONE),
    "no_usage": (None, UNBILLED),
    "negative_usage": (None, UNBILLED),
    "huge_usage": (None, UNBILLED),
    "usage_in_words": (None, UNBILLED),
    "null_usage": (None, UNBILLED),
    "cached_input": (None, DONE),
    # Beside those that the fake provider knows by name.
    "refused_connection": (passing("ConnectionFailed", "none"), None),
    "forbidden": (turned_down("KeyRejected", "provider_unavailable"), None),
    "not_found": (turned_down("BadCall", "provider_rejected"), None),
    "too_large": (turned_down("BadCall", "provider_rejected"), None),
    "unprocessable": (turned_down("BadCall", "provider_rejected"), None),
    "too_long": (turned_down("ContextExceeded", "context_exceeded"), None),
}
MORE = {
    "refused_connection": Script(),
    "forbidden": Script(status=403),
    "not_found": Script(status=404),
    "too_large": Script(status=413),
    "unprocessable": Script(status=422),
    "too_long": Script(status=400, error_code="context_length_exceeded"),
}
# Where nobody is left who could answer: the calls of two models, and of three, none beyond the sixth.
DOWN = ("rate_limit", "server_error", "overloaded", "cut", "reset", "garbage", "refused_connection")
DOWN_CALLS = {
    2: [(0, "first"), (0, "retry"), (1, "fallback"), (1, "retry"), (0, "resumed"), (0, "retry")],
    3: [(0, "first"), (0, "retry"), (1, "fallback"), (1, "retry"), (2, "fallback"), (2, "retry")],
}
TURNED_DOWN = ("bad_key", "bad_request", "forbidden", "not_found", "too_large", "unprocessable")
TURNED_DOWN_CALLS = {2: [(0, "first"), (1, "fallback")], 3: [(0, "first"), (1, "fallback"), (2, "fallback")]}
# Broken off by us or on its way: the provider may have sent more than came, or not yet all of it.
OVERTAKEN = ("reset", "byte_a_second", "huge_event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    when: str
    """``before`` or ``after`` the first text."""
    fault: Fault
    length: int
    down: bool = False
    """Every model of the route is struck."""

    @property
    def text(self) -> str:
        return f"Case {self.name}, {self.when}, {self.length}{', down' if self.down else ''}."

    @property
    def struck(self) -> list[str]:
        count = self.length if self.down else max(1, self.length - 1)
        return [f"{self.name}-{self.when}-{place}" for place in range(count)]

    @property
    def route(self) -> list[str]:
        return self.struck if self.down or self.length == 1 else [*self.struck, SOUND]

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Model and reason of each call that there must be, and of no other."""
        first, *others = self.struck
        if self.down:
            told = TURNED_DOWN_CALLS if self.name in TURNED_DOWN else DOWN_CALLS
            return [(self.struck[place], reason) for place, reason in told[self.length]]
        if self.length == 1 or self.fault.stays:
            return [(first, reason) for reason in self.fault.alone]
        if self.name == "too_long":  # the second one's window is no larger
            others = []
        failing = [(model, reason) for model in (first, *others) for reason in self.fault.calls]
        by_another = [(model, "fallback" if why == "first" and model != first else why) for model, why in failing]
        return [*by_another, (SOUND, "fallback")]

    @property
    def answered(self) -> bool:
        return not self.fault.code or (self.length > 1 and not self.fault.stays and not self.down)


def cases(length: int) -> list[Case]:
    return [
        Case(name=name, when=when, fault=fault, length=length)
        for name, (before, after) in TABLE.items()
        for when, fault in (("before", before), ("after", after))
        if fault is not None
    ]


def cases_down(length: int) -> list[Case]:
    return [
        Case(name=name, when="before", fault=fault, length=length, down=True)
        for name in (*DOWN, *TURNED_DOWN)
        if (fault := TABLE[name][0]) is not None
    ]


def script(name: str, when: str) -> Script:
    if name in MORE:
        return MORE[name]
    usual = fault(name, base=Script(text=TEXT, chunk_chars=3))
    if when == "before":
        return replace(usual, after_chunks=0) if usual.status == 200 and usual.first_delay_s == 0 else usual
    if usual.status != 200:
        return replace(usual, status=200, ending="error", after_chunks=1)
    return replace(usual, after_chunks=None if usual.ending in ("done", "twice", "more") else 1)


@pytest.fixture
def fake(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    settings.LINTEL_CONTENT_IDLE_SECONDS = IDLE_S
    settings.LINTEL_DAILY_TOKENS = settings.LINTEL_REQUESTS_PER_MINUTE = None
    monkeypatch.setattr("ai.resilience.BACKOFF_SECONDS", (0.0, 0.0))
    monkeypatch.setattr("ai.resilience.PUT_BACK_SECONDS", (0.0, 0.0))
    monkeypatch.setattr("requests_app.worker.SharedTraffic", Watched)
    monkeypatch.setattr(Watched, "errors", {}, raising=False)
    with fake_provider() as fake:
        fake.scripts.by_model[SOUND] = Script(text="A sound answer.")
        yield fake


@pytest.fixture
def vendors(fake: FakeProvider, settings: Settings) -> Mapping[str, Vendor]:
    """One of each wire protocol, the second without a price; one that is sound, and one where nobody listens."""
    cheap, dear = ("1", "2", "0.1", "1.25"), ("100", "200", "10", "125")
    found = {
        "first": Vendor(name="first", kind="openai", url=fake.openai_url, rates=cheap),
        "second": Vendor(name="second", kind="anthropic", url=fake.url, rates=None),
        "sound": Vendor(name="sound", kind="openai", url=fake.openai_url, rates=dear),
        "nobody": Vendor(name="nobody", kind="openai", url=f"http://127.0.0.1:{any_free()}/v1", rates=cheap),
    }
    settings.LINTEL_BASE_URLS = [each.url for each in found.values()]
    return found


def models_of(wanted: list[Case], vendors: Mapping[str, Vendor]) -> dict[str, Vendor]:
    found = {SOUND: vendors["sound"]}
    for case in wanted:
        absent = case.name == "refused_connection"
        for model, vendor in zip(case.struck, ("first", "second", "first"), strict=False):
            found[model] = vendors["nobody" if absent else vendor]
    return found


def test_every_fault_is_in_the_table() -> None:
    assert set(TABLE) == set(FAULTS) | set(MORE)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_every_fault(fake: FakeProvider, vendors: Mapping[str, Vendor], length: int) -> None:
    assert run(cases(length), fake, vendors) == []


@pytest.mark.parametrize("length", [2, 3])
def test_faults_of_a_whole_route(fake: FakeProvider, vendors: Mapping[str, Vendor], length: int) -> None:
    assert run(cases_down(length), fake, vendors) == []


def run(wanted: list[Case], fake: FakeProvider, vendors: Mapping[str, Vendor]) -> list[str]:
    """Side by side in one worker; what was otherwise than expected."""
    models = models_of(wanted, vendors)
    for case in wanted:
        fake.scripts.by_model |= dict.fromkeys(case.struck, script(case.name, case.when))
    user = User.objects.create_user("dora")
    with catalogue_of(models, windows={SOUND: 100_000}), inline_worker() as worker:
        requests = [accepted(user, case.text, case.route) for case in wanted]
        finish_all(worker, requests)
    outcomes = [ended(request, fake) for request in requests]
    return [
        f"{case.text} {problem}"
        for case, outcome in zip(wanted, outcomes, strict=True)
        for problem in problems(case, outcome, models)
    ]


def problems(case: Case, outcome: Ended, models: Mapping[str, Vendor]) -> Iterator[str]:
    yield from calls_problems(case, outcome)
    yield from end_problems(case, outcome)
    yield from cost_problems(case, outcome, models)
    for model in {model for model, _reason in case.calls} - {SOUND}:
        if (errors := Watched.errors[model]) != {case.fault.error}:
            yield f"errors of {model}: {errors}, not {case.fault.error!r}"


def calls_problems(case: Case, outcome: Ended) -> Iterator[str]:
    made = [(attempt.model, attempt.reason) for attempt in outcome.attempts]
    if made != case.calls:
        yield f"calls: {made}, not {case.calls}"
    seen = Counter(call.model for call in outcome.seen)
    expected = Counter() if case.name == "refused_connection" else Counter(model for model, _reason in case.calls)
    if seen - Counter({SOUND: 1}) != expected - Counter({SOUND: 1}):
        yield f"seen by the provider: {seen}, not {expected}"


def end_problems(case: Case, outcome: Ended) -> Iterator[str]:
    request, last = outcome.request, case.calls[-1][0]
    status, code = ("done", "") if case.answered else ("failed", case.fault.code)
    if (request.status, request.error_code) != (status, code):
        yield f"ended {request.status} {request.error_code!r}, not {status} {code!r}"
    if (request.model, request.model_asked) != (last, case.route[0]):
        yield f"says {request.model} in place of {request.model_asked}, not {last}"
    sent = storable(outcome.seen[-1].text) if outcome.seen else ""
    kept = (request.result or "") if case.answered else request.partial
    if not (sent.startswith(kept) if case.name in OVERTAKEN and last != SOUND else kept == sent):
        yield f"keeps {kept[:80]!r}, sent was {sent[:80]!r}"


def cost_problems(case: Case, outcome: Ended, models: Mapping[str, Vendor]) -> Iterator[str]:
    if [record.model for record in outcome.bill] != [model for model, _reason in case.calls]:
        yield f"billed: {[record.model for record in outcome.bill]}"
        return
    costs = [price_of(record, models[record.model].rates) for record in outcome.bill]
    if (told := [record.cost_usd for record in outcome.bill]) != costs:
        yield f"costs {told}, not {costs}"
    total = None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))
    if outcome.request.cost_usd != total:
        yield f"costs {outcome.request.cost_usd} in all, not {total}"
    for record, call in zip(outcome.bill, seen_calls(case, outcome), strict=True):
        usage = "billed" if record.model == SOUND else case.fault.usage
        if not is_as(usage, record, call):
            yield f"{record.model} used {record.usage}, which is not {usage}"


def seen_calls(case: Case, outcome: Ended) -> list[Call | None]:
    if case.name == "refused_connection":
        return [None] * (len(outcome.bill) - len(outcome.seen)) + [*outcome.seen]
    return [*outcome.seen]


def is_as(usage: str, record: LLMUsageLog, call: Call | None) -> bool:
    told = (record.input_tokens, record.cache_read_tokens, record.cache_write_tokens, record.output_tokens)
    if usage == "none":
        return not any(told) and not record.estimated
    if usage == "estimated" or call is None:
        return record.estimated and record.input_tokens > 0
    uncached = call.input_tokens - call.cached_tokens - call.cache_write_tokens
    return told == (uncached, call.cached_tokens, call.cache_write_tokens, call.output_tokens)
