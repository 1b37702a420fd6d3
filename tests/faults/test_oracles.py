"""An oracle that cannot fail proves nothing: each is quiet about a sound run, and speaks of a planted violation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.faults.oracles import acceptance, budgets, calls, lifecycle, privacy, processes, texts
from tests.faults.oracles.facts import (
    Answer,
    Attempt,
    Facts,
    Move,
    Named,
    Reading,
    Request,
    Rise,
    Seen,
    Share,
    Taking,
    Usage,
    Window,
)
from tests.faults.oracles.privacy import Glimpse, Trespass
from tests.faults.oracles.processes import Sample

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG = timedelta(minutes=5)
DAY = timedelta(days=1)
ORACLES: tuple[Callable[[Facts], Iterator[str]], ...] = (
    lifecycle.every_request_ended,
    lifecycle.nothing_is_lost,
    lifecycle.nothing_follows_an_end,
    lifecycle.no_client_saw_an_end_undone,
    lifecycle.one_lease_at_a_time,
    lifecycle.zombies_write_nothing,
    partial(lifecycle.lost_workers_are_counted, most=3),
    partial(calls.every_call_has_its_row, most=2),
    calls.answer_is_of_the_last_call,
    calls.usage_is_the_bill,
    budgets.spending_is_booked_once,
    budgets.windows_are_the_sums_of_their_shares,
    budgets.limits_hold_at_every_rise,
    budgets.overshoot_is_the_estimates_error,
    budgets.nothing_is_held_for_the_dead,
    acceptance.one_request_a_key,
    acceptance.nothing_was_made_twice,
    acceptance.one_record_a_call,
    texts.readers_have_what_is_stored,
    texts.stored_is_what_was_sent,
    texts.nothing_is_left_over,
    processes.periods_take_effect_once,
)


def seen(**changed: Any) -> Seen:
    figures = {"input_tokens": 10, "cached_tokens": 0, "cache_write_tokens": 0, "output_tokens": 3}
    times = {"started": (NOON + SECOND).timestamp(), "outcome": "done", "completed": True, "status": 200}
    return {"id": "fake-1", "model": "small", "text": "A whole text", "script": {}, **figures, **times, **changed}


REQUEST = Request(
    id="r1", user="alice", status="done", attempt=1, takeovers=0, lease=None, result="A whole text", partial="",
    error_code="", deadline=NOON + LONG, completed=NOON + 3 * SECOND, question="mark-1",
)  # fmt: skip
PENDING = Move(request="r1", source="", target="pending", attempt=0)
RUNNING = Move(request="r1", source="pending", target="processing", attempt=1)
DONE = Move(request="r1", source="processing", target="done", attempt=1)
BACK = Move(request="r1", source="processing", target="pending", attempt=1)
CALLED = Attempt(request="r1", number=1, model="small", outcome="done", started=NOON)
USED = Usage(request="r1", attempt=1, kind="call", estimated=False, tokens=(10, 0, 0, 3), usd=Decimal("0.5"), most=5)
TOO_LONG = replace(USED, tokens=(10, 0, 0, 9))  # four more than the model was told
CORRECTED = replace(USED, kind="correction", tokens=(0, 0, 0, 90), usd=Decimal(0))
SHARE = Share(
    request="r1", window="w1", measure="tokens", state="settled", expires=NOON + LONG, held=Decimal(0), used=Decimal(13)
)
WINDOW = Window(
    id="w1", budget="b1", measure="tokens", starts=NOON, ends=NOON + DAY, limit=Decimal(50), used=Decimal(13),
    held=Decimal(0), announced=0,
)  # fmt: skip
COMING = replace(WINDOW, id="w2", starts=NOON + DAY, ends=NOON + 2 * DAY, used=Decimal(0))
RISE = Rise(window="w1", used=Decimal(0), held=Decimal(50), limit=Decimal(50))
TAKEN = Taking(request="r1", before=None, after="l1", attempt_before=0, attempt_after=1)
READ = Reading(request="r1", text="A whole text", status="done", cuts=2)
TOLD = Named(user="alice", key="k1", mark="mark-1", request="r1")
SOUND = Facts(
    healed=NOON, now=NOON + LONG, requests=[REQUEST], moves=[PENDING, RUNNING, DONE], attempts=[CALLED], usage=[USED],
    shares=[SHARE], windows=[WINDOW, COMING], rises=[RISE], takings=[TAKEN], calls={"r1": [seen()]}, readings=[READ],
    answers=[Answer(request="r1", asked=1, told=2, status="processing")], named=[TOLD, TOLD],
)  # fmt: skip


def request(**changed: Any) -> dict[str, Any]:
    return {"requests": [replace(REQUEST, **changed)]}


def share(**changed: Any) -> dict[str, Any]:
    return {"shares": [replace(SHARE, **changed)]}


PLANTED: tuple[tuple[str, Callable[[Facts], Iterator[str]], dict[str, Any]], ...] = (
    ("still running", lifecycle.every_request_ended, request(status="processing", lease="l1")),
    ("ended late", lifecycle.every_request_ended, request(completed=NOON + 2 * LONG)),
    ("no move to its end", lifecycle.every_request_ended, {"moves": [PENDING, RUNNING]}),
    ("vanished", lifecycle.nothing_is_lost, {"requests": []}),
    ("left an end", lifecycle.nothing_follows_an_end,
     {"moves": [PENDING, RUNNING, DONE, replace(RUNNING, source="done")]}),
    ("skipped a move", lifecycle.nothing_follows_an_end, {"moves": [PENDING, DONE]}),
    (
        "an end undone", lifecycle.no_client_saw_an_end_undone,
        {"answers": [Answer(request="r1", asked=1, told=2, status="done"),
                     Answer(request="r1", asked=3, told=4, status="pending")]},
    ),
    ("from hand to hand", lifecycle.one_lease_at_a_time, {"takings": [replace(TAKEN, before="l0")]}),
    ("an old number", lifecycle.one_lease_at_a_time, {"takings": [replace(TAKEN, attempt_before=1)]}),
    ("claimed twice", lifecycle.one_lease_at_a_time, {"moves": [PENDING, RUNNING, BACK, RUNNING, DONE]}),
    ("a zombie's text", lifecycle.zombies_write_nothing, {"strays": ["r1"]}),
    (
        "given up too soon", partial(lifecycle.lost_workers_are_counted, most=3),
        request(status="failed", error_code="worker_lost", takeovers=2, result=None),
    ),
    ("lost too often", partial(lifecycle.lost_workers_are_counted, most=3), request(takeovers=4)),
    ("a call without a row", partial(calls.every_call_has_its_row, most=2), {"calls": {"r1": [seen(), seen()]}}),
    ("a call before its row", partial(calls.every_call_has_its_row, most=2),
     {"calls": {"r1": [seen(started=(NOON - SECOND).timestamp())]}}),
    ("a row without a call", partial(calls.every_call_has_its_row, most=2), {"calls": {}}),
    ("exact without a call", partial(calls.every_call_has_its_row, most=2),
     {"calls": {}, "attempts": [replace(CALLED, outcome="worker_lost")]}),
    ("done without a call", partial(calls.every_call_has_its_row, most=2, unreached=True), {"calls": {}}),
    ("one call too many", partial(calls.every_call_has_its_row, most=0), {}),
    ("never closed", partial(calls.every_call_has_its_row, most=2), {"attempts": [replace(CALLED, outcome="")]}),
    (
        "another's answer",
        calls.answer_is_of_the_last_call,
        {**request(attempt=2), "attempts": [CALLED, replace(CALLED, number=2, outcome="lost")]},
    ),
    ("no record", calls.usage_is_the_bill, {"usage": []}),
    ("another sum than billed", calls.usage_is_the_bill, {"usage": [replace(USED, tokens=(10, 0, 0, 4))]}),
    ("estimated though told", calls.usage_is_the_bill, {"usage": [replace(USED, estimated=True)]}),
    ("charged though refused", calls.usage_is_the_bill,
     {"calls": {"r1": [seen(outcome="rejected", status=429, completed=False)]},
      "usage": [replace(USED, estimated=True)]}),
    ("booked twice", budgets.spending_is_booked_once, share(used=Decimal(26))),
    ("nothing held", budgets.spending_is_booked_once, {"shares": []}),
    ("used is not the sum", budgets.windows_are_the_sums_of_their_shares,
     {"windows": [replace(WINDOW, used=Decimal(14))]}),
    ("held is not the sum", budgets.windows_are_the_sums_of_their_shares,
     {"windows": [replace(WINDOW, held=Decimal(1))]}),
    ("over the limit for a moment", budgets.limits_hold_at_every_rise, {"rises": [replace(RISE, used=Decimal(1))]}),
    ("over the limit", budgets.overshoot_is_the_estimates_error, {"windows": [replace(WINDOW, limit=Decimal(12))]}),
    ("over by more than the error", budgets.overshoot_is_the_estimates_error,
     {"windows": [replace(WINDOW, limit=Decimal(12), used=Decimal(104))], "usage": [USED, CORRECTED]}),
    ("over by more than the answer was too long", budgets.overshoot_is_the_estimates_error,
     {"windows": [replace(WINDOW, limit=Decimal(12), used=Decimal(17))], "usage": [TOO_LONG]}),
    ("held for the dead", budgets.nothing_is_held_for_the_dead, share(state="open")),
    ("held for ever", budgets.nothing_is_held_for_the_dead,
     {"requests": [], **share(state="open", expires=NOON - LONG)}),
    ("closed and held", budgets.nothing_is_held_for_the_dead, share(held=Decimal(1))),
    ("two under a key", acceptance.one_request_a_key, {"named": [TOLD, replace(TOLD, request="r2")]}),
    ("another's request", acceptance.one_request_a_key, request(question="mark-2")),
    ("nobody's request", acceptance.nothing_was_made_twice, {"named": []}),
    ("charged twice", acceptance.one_record_a_call, {"usage": [USED, USED]}),
    ("a gap", texts.readers_have_what_is_stored, {"readings": [replace(READ, text="A text")]}),
    ("another end", texts.readers_have_what_is_stored, {"readings": [replace(READ, status="failed")]}),
    ("read and gone", texts.readers_have_what_is_stored, {"requests": []}),
    ("half an answer", texts.stored_is_what_was_sent, request(result="A whole")),
    ("a made-up part", texts.stored_is_what_was_sent, request(status="failed", result=None, partial="whole")),
    ("chunks left", texts.nothing_is_left_over, {"chunks": ["r1"]}),
    ("left waiting", texts.nothing_is_left_over, request(status="pending", deadline=NOON)),
    ("two windows for a moment", processes.periods_take_effect_once,
     {"windows": [WINDOW, replace(COMING, starts=NOON + LONG)]}),
)  # fmt: skip


@pytest.mark.parametrize("oracle", ORACLES)
def test_sound_run_is_left_alone(oracle: Callable[[Facts], Iterator[str]]) -> None:
    assert list(oracle(SOUND)) == []


@pytest.mark.parametrize(("oracle", "planted"), [row[1:] for row in PLANTED], ids=[row[0] for row in PLANTED])
def test_planted_violation_is_found(oracle: Callable[[Facts], Iterator[str]], planted: dict[str, Any]) -> None:
    assert list(oracle(replace(SOUND, **planted)))


def test_every_oracle_has_a_planted_violation() -> None:
    def name(oracle: Any) -> str:
        return str(getattr(oracle, "func", oracle).__name__)

    assert {name(oracle) for oracle in ORACLES} == {name(row[1]) for row in PLANTED}


def test_answer_beyond_its_length_may_be_charged() -> None:
    facts = replace(SOUND, windows=[replace(WINDOW, limit=Decimal(12), used=Decimal(16))], usage=[TOO_LONG])
    assert list(budgets.overshoot_is_the_estimates_error(facts)) == []


def test_lost_call_may_be_an_estimate_or_a_correction() -> None:
    lost = replace(CALLED, outcome="worker_lost")
    told = replace(USED, estimated=True, tokens=(12, 0, 0, 0))
    exact = replace(USED, kind="correction", tokens=(-2, 0, 0, 3))
    for usage in ([told], [told, exact]):
        assert list(calls.usage_is_the_bill(replace(SOUND, attempts=[lost], usage=usage))) == []


FIRST, SECOND_TRY = replace(CALLED, outcome="empty"), replace(CALLED, number=2, started=NOON + 3 * SECOND)
BILLS = [replace(USED, tokens=(10, 0, 0, 0)), replace(USED, attempt=2)]
RETRIED = replace(SOUND, attempts=[FIRST, SECOND_TRY], usage=BILLS)


def at(seconds: float, **changed: Any) -> Seen:
    return seen(started=(NOON + seconds * SECOND).timestamp(), **changed)


@pytest.mark.parametrize(
    ("first", "second"),
    [(1, 4), (2.98, 3.01), (3.5, 4), (5, 4)],
    ids=["in turn", "at once", "seen after the next row", "seen after the next call"],
)
def test_call_is_its_own_rows_whenever_it_was_seen(first: float, second: float) -> None:
    told = [at(first, output_tokens=0, text=""), at(second)]
    facts = replace(RETRIED, calls={"r1": told})
    assert list(calls.usage_is_the_bill(facts)) == []
    assert list(calls.every_call_has_its_row(facts, most=2)) == []


@pytest.mark.parametrize("first", [1, 2.98, 3.5, 5])
def test_no_pairing_explains_a_wrong_sum(first: float) -> None:
    facts = replace(RETRIED, calls={"r1": [at(first, output_tokens=1), at(4)]})
    assert len(list(calls.usage_is_the_bill(facts))) == 1


def test_bills_of_calls_in_turn_are_not_exchanged() -> None:
    facts = replace(RETRIED, calls={"r1": [at(2.98), at(4, output_tokens=0, text="")]})
    assert len(list(calls.usage_is_the_bill(facts))) == 2


def test_race_is_exact() -> None:
    assert list(budgets.race_took_exactly(room=3, accepted=3, refused=47, asked=50)) == []
    assert list(budgets.race_took_exactly(room=3, accepted=4, refused=46, asked=50))
    assert list(budgets.race_took_exactly(room=3, accepted=3, refused=46, asked=50))
    assert list(budgets.race_took_exactly(room=3, accepted=4, refused=46, asked=50, disturbed=1)) == []
    assert list(budgets.race_took_exactly(room=3, accepted=5, refused=45, asked=50, disturbed=1))


def test_another_owners_mark_is_found() -> None:
    owners = {"mark-1": "alice", "mark-2": "bob"}
    own, strange = (Glimpse(user="alice", where="list", marks=[mark]) for mark in owners)
    assert list(privacy.everybody_sees_their_own([own], owners)) == []
    assert len(list(privacy.everybody_sees_their_own([own, strange], owners))) == 1


def test_opened_door_is_found() -> None:
    shut, silent, open_ = (Trespass(user="mallory", where="GET", code=code) for code in (404, None, 200))
    assert list(privacy.strangers_find_nothing([shut, silent])) == []
    assert len(list(privacy.strangers_find_nothing([shut, open_]))) == 1


def test_text_in_a_log_is_found() -> None:
    mark = re.compile(r"mark-\d")
    assert list(privacy.logs_say_nothing([("web.log", "all well")], mark)) == []
    assert len(list(privacy.logs_say_nothing([("web.log", "got mark-1 here, mark-1")], mark))) == 1


def test_connection_too_many_is_found() -> None:
    sample = Sample(after="kill", postgres=10, postgres_most=10, redis=5, redis_most=5)
    assert list(processes.connections_are_bounded([sample])) == []
    assert len(list(processes.connections_are_bounded([replace(sample, postgres=11), replace(sample, redis=6)]))) == 2


def test_growing_connections_are_found() -> None:
    flat, grown = (
        [Sample(after="all", postgres=count, postgres_most=99, redis=9, redis_most=99) for count in counts]
        for counts in ((10, 12, 11, 12, 10, 11), (10, 11, 12, 13, 15, 17))
    )
    assert list(processes.connections_do_not_grow(flat)) == []
    assert list(processes.connections_do_not_grow(grown[:5])) == []
    assert len(list(processes.connections_do_not_grow(grown))) == 1


def test_doubled_mail_is_found() -> None:
    assert list(processes.mails_are_sent_once([("alice", "80 %"), ("alice", "100 %")])) == []
    assert len(list(processes.mails_are_sent_once([("alice", "80 %"), ("alice", "80 %")]))) == 1
