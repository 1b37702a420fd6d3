"""One request's steps in any order, by workers who may be dead for long: the status is the model's after each (I2, I3).

What is charged, held and logged is looked at after each step as after any run with faults (I4, I5, I7, I9, I10).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from django.conf import settings as configured
from django.db import connection
from hypothesis.stateful import Bundle, invariant, multiple, rule
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.models import LLMUsageLog
from ai.routing import model
from ai.types import Usage
from requests_app import deletion, intake, lifecycle
from requests_app.budgets import Amount
from requests_app.intake import Idempotency
from requests_app.lifecycle import Claim, ClosedCall, Ending, FenceLost, Opening
from requests_app.live import LiveChunk
from requests_app.models import (
    FINAL,
    AIAttempt,
    AIRequest,
    AttemptReason,
    BudgetHold,
    HoldState,
    Status,
    StreamChunk,
    WorkerLease,
)
from requests_app.models.clock import DatabaseClock, seconds_from_now
from requests_app.sweep import sweep
from requests_app.writer import insert_chunks
from tests.faults.machines.running import RolledBack, run_machine
from tests.faults.oracles import acceptance, budgets
from tests.faults.oracles.facts import look
from tests.faults.oracles.lifecycle import nothing_follows_an_end, one_lease_at_a_time
from tests.integration.requests_app.conftest import SMALL, SUMMARY, new_lease

EXACT = Usage(input_tokens=10, output_tokens=5)
COVER = Amount(tokens=50)
ORACLES = (
    nothing_follows_an_end,
    one_lease_at_a_time,
    acceptance.one_record_a_call,
    budgets.spending_is_booked_once,
    budgets.windows_are_the_sums_of_their_shares,
    budgets.nothing_is_held_for_the_dead,
)


@dataclass(eq=False)
class Life:
    """What a request should be. ``text`` is what its current attempt has logged."""

    request: AIRequest
    user: str
    status: str = "pending"
    attempt: int = 0
    takeovers: int = 0
    lease: UUID | None = None
    wish: bool = False
    late: bool = False
    resting: bool = False
    deleted: bool = False
    aged: bool = False
    erased: bool = False
    rows: set[int] = field(default_factory=set)
    exact: set[int] = field(default_factory=set)
    text: str = ""
    kept: str | None = None

    @property
    def due(self) -> bool:
        return self.status == "pending" and not self.late and not self.resting

    @property
    def final(self) -> bool:
        return self.status in FINAL

    def move(self, status: str) -> None:
        self.status, self.lease = status, None

    def number(self, attempt: int) -> None:
        if attempt != self.attempt:
            self.attempt, self.text = attempt, ""


@dataclass(eq=False)
class Hand:
    """A worker's idea of a request that it claimed, however long ago.

    ``calling``: it has opened a call; ``over``: it has put the request back or ended it by itself, and knows that.
    """

    claim: Claim
    life: Life
    fence: int
    calling: bool = False
    over: bool = False

    @property
    def holds(self) -> bool:
        return self.life.status == "processing" and self.life.attempt == self.fence

    @property
    def closed(self) -> ClosedCall | None:
        return closed_call(self.fence) if self.calling else None


def closed_call(attempt: int) -> ClosedCall:
    return ClosedCall(
        attempt=attempt,
        provider="embedded",
        model=SMALL,
        reason="first",
        outcome="done",
        usage=EXACT,
        cost_usd=None,
        price=None,
    )


class RequestLife(RolledBack):
    lives, workers, hands = Bundle("lives"), Bundle("workers"), Bundle("hands")

    def __init__(self) -> None:
        super().__init__()
        self.users = {name: User.objects.create_user(name) for name in ("alice", "bob")}
        self.known: dict[UUID, Life] = {}
        self.keys: dict[tuple[str, str], Life] = {}
        self.leases: dict[UUID, bool] = {}

    @rule(target=lives, user=st.sampled_from(["alice", "bob"]), key=st.sampled_from([None, "one", "two"]))
    def accept(self, user: str, key: str | None) -> Any:
        idempotency = None if key is None else Idempotency(key=key, method="POST", path="/", body_hash="same")
        accepted = intake.accept(self.users[user], SUMMARY, idempotency)
        earlier = self.keys.get((user, key or ""))
        assert accepted.replayed is (earlier is not None)
        if earlier is not None:
            assert accepted.request.pk == earlier.request.pk
            return multiple()
        life = self.known[accepted.request.pk] = Life(request=accepted.request, user=user)
        if key is not None:
            self.keys[user, key] = life
        return life

    @rule(target=workers)
    def begin_worker(self) -> UUID:
        lease = new_lease().pk
        self.leases[lease] = True
        return lease

    @rule(target=hands, worker=workers)
    def claim(self, worker: UUID) -> Any:
        [found] = lifecycle.claim([worker])
        due = [life for life in self.known.values() if life.due] if worker in self.leases else []
        assert (found is None) is (not due)
        if found is None:
            return multiple()
        life = self.known[found.request.pk]
        assert life in due
        life.status, life.lease = "processing", worker
        life.number(life.attempt + 1)
        assert found.attempt == life.attempt
        return Hand(claim=found, life=life, fence=found.attempt)

    @rule(hand=hands)
    def open_first_call(self, hand: Hand) -> None:
        opening = Opening(
            request_id=hand.life.request.pk,
            fence=hand.fence,
            number=hand.fence,
            reason=AttemptReason.FIRST,
            model=model(SMALL),
        )
        assert lifecycle.open_calls([opening]) == [hand.holds]
        if hand.holds:
            hand.calling = True
            hand.life.rows.add(hand.fence)

    @rule(hand=hands, times=st.sampled_from([1, 2]))
    def open_next_call(self, hand: Hand, times: int) -> None:
        """Twice where the answer to a commit was lost."""
        if not hand.calling or hand.over:
            return
        holds = hand.holds
        step = self._step(lifecycle.open_call, hand, model=model(SMALL), reason=AttemptReason.RETRY, most=COVER)
        for _again in range(times):
            number = self._fenced(hand, holds, step)
            assert number == (hand.fence + 1 if holds else None)
        if holds:
            hand.fence += 1
            hand.life.number(hand.fence)
            hand.life.rows.add(hand.fence)

    @rule(hand=hands, text=st.text("aé🦊", min_size=1, max_size=4))
    def write(self, hand: Hand, text: str) -> None:
        start = len(hand.life.text) if hand.holds else 0
        chunk = LiveChunk(request_id=hand.life.request.pk, attempt=hand.fence, start=start, text=text)
        assert insert_chunks([chunk]) == ({(hand.life.request.pk, hand.fence)} if hand.holds else set())
        if hand.holds:
            hand.life.text += text

    @rule(hand=hands, rests=st.booleans())
    def put_back(self, hand: Hand, rests: bool) -> None:
        allowed = hand.holds and not hand.life.wish
        step = self._step(lifecycle.put_back, hand, after_s=60.0 if rests else 0.0, reason=AttemptReason.RESUMED)
        self._fenced(hand, allowed, step)
        if allowed:
            hand.life.move("pending")
            hand.life.resting, hand.over = rests, True

    @rule(hand=hands, status=st.sampled_from(sorted(FINAL)))
    def finish(self, hand: Hand, status: str) -> None:
        ending = Ending(status=Status(status), text=hand.life.text, code="" if status == "done" else "refused")
        holds = hand.holds
        self._fenced(hand, holds, self._step(lifecycle.finish, hand, ending=ending))
        if holds:
            hand.life.move(status)
            hand.over = True

    @rule(hand=hands)
    def record_late(self, hand: Hand) -> None:
        lifecycle.record_late(hand.claim.request, hand.closed)
        self._recorded(hand)

    @rule(life=lives)
    def cancel(self, life: Life) -> None:
        intake.cancel(life.request)
        self._wish(life)

    @rule(life=lives)
    def delete(self, life: Life) -> None:
        deletion.delete(AIRequest.objects.get(pk=life.request.pk))
        self._wish(life)
        life.deleted = True
        self.keys = {name: each for name, each in self.keys.items() if each is not life}

    @rule(life=lives, stranger=st.booleans())
    def restore(self, life: Life, stranger: bool) -> None:
        owner = self.users[life.user if not stranger else "bob" if life.user == "alice" else "alice"]
        shown = life.deleted and not life.erased and not stranger
        assert (deletion.restore(owner, life.request.pk) is not None) is shown
        if shown:
            life.deleted = life.aged = False

    @rule(worker=workers)
    def let_lease_run_out(self, worker: UUID) -> None:
        WorkerLease.objects.filter(pk=worker).update(expires_at=seconds_from_now(-1))
        if worker in self.leases:
            self.leases[worker] = False

    @rule(life=lives)
    def pass_deadline(self, life: Life) -> None:
        AIRequest.objects.filter(pk=life.request.pk).update(deadline=seconds_from_now(-1))
        life.late = True

    @rule(life=lives)
    def rest_is_over(self, life: Life) -> None:
        AIRequest.objects.filter(pk=life.request.pk).update(not_before=None)
        life.resting = False

    @rule(life=lives)
    def let_days_pass(self, life: Life) -> None:
        long_ago = DatabaseClock() - timedelta(days=8)
        AIRequest.objects.filter(pk=life.request.pk, deleted_at__isnull=False).update(deleted_at=long_ago)
        life.aged = life.deleted

    @rule()
    def sweep(self) -> None:
        assert sweep() is not None
        for life in self.known.values():
            if life.lease is not None and not self.leases[life.lease]:
                self._take_back(life)
            if life.status == "pending" and life.late:
                life.move("expired")
            life.erased = life.erased or (life.deleted and life.aged and life.final)
        self.leases = {lease: lives for lease, lives in self.leases.items() if lives}

    @invariant()
    def rows_are_the_model_s(self) -> None:
        for row in AIRequest.objects.all():
            life = self.known[row.pk]
            assert (row.status, row.attempt, row.lease_id, row.takeovers) == (
                life.status,
                life.attempt,
                life.lease,
                life.takeovers,
            )
            assert (row.deleted_at is not None, row.erased_at is not None) == (life.deleted, life.erased)
            if life.final and life.kept is None:
                life.kept = row.text
            assert row.text == ("" if life.erased else life.kept or "")
        assert AIRequest.objects.count() == len(self.known)
        assert set(WorkerLease.objects.values_list("pk", flat=True)) == set(self.leases)

    @invariant()
    def oracles_are_content(self) -> None:
        facts = look(sql, [str(each) for each in self.known])
        assert [broken for oracle in ORACLES for broken in oracle(facts)] == []

    @invariant()
    def holds_are_open_until_the_end(self) -> None:
        open_holds = BudgetHold.objects.filter(state=HoldState.OPEN).values_list("pk", flat=True)
        assert set(open_holds) == {each for each, life in self.known.items() if not life.final}

    @invariant()
    def calls_are_recorded(self) -> None:
        for life in self.known.values():
            calls = AIAttempt.objects.filter(request=life.request)
            assert {call.number for call in calls} == life.rows
            assert not (life.final and any(not call.outcome for call in calls))
            for number in life.exact:
                records = LLMUsageLog.objects.filter(reference=life.request.pk, attempt=number)
                assert sum(record.tokens for record in records) == 15

    @invariant()
    def log_holds_the_text_of_the_present(self) -> None:
        for life in self.known.values():
            rows = StreamChunk.objects.filter(request_id=life.request.pk).order_by("start")
            current = rows.filter(attempt=life.attempt).values_list("text", flat=True)
            assert "".join(current) == ("" if life.final else life.text)
            assert not (life.final and rows.exists())

    def _step(self, step: Callable[..., Any], hand: Hand, **how: Any) -> Callable[[], Any]:
        return lambda: step(hand.claim.request, attempt=hand.fence, closed=hand.closed, **how)

    def _fenced(self, hand: Hand, holds: bool, step: Callable[[], Any]) -> Any:
        """The step is made where the fence holds, and refused elsewhere; what a call used is recorded in any case."""
        if holds:
            made = step()
            self._recorded(hand)
            return made
        with pytest.raises(FenceLost):
            step()
        self._recorded(hand)
        return None

    def _recorded(self, hand: Hand) -> None:
        if hand.calling:
            hand.life.exact.add(hand.fence)

    def _wish(self, life: Life) -> None:
        if life.status == "pending":
            life.move("cancelled")
        life.wish = life.wish or life.status == "processing"

    def _take_back(self, life: Life) -> None:
        life.takeovers += 1
        given_up = life.takeovers >= configured.LINTEL_MAX_TAKEOVERS
        life.move("cancelled" if life.wish else "failed" if given_up else "pending")


def sql(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("db")
def test_request_life(settings: Settings) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = "http://127.0.0.1:9/v1"
    settings.LINTEL_DAILY_TOKENS = None
    run_machine(RequestLife, examples=40, steps=40)
