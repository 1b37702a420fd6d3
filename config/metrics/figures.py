"""What is counted where it happens: announcements (requests_app.signals, ai.signals) turned into Prometheus figures.

Every process counts for itself, into a file of its own below LINTEL_METRICS_DIR; whoever shows the figures adds up the
files. Labels are names of prompts, models, lanes and outcomes: never a user, never text.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.dispatch import Signal
from prometheus_client import CollectorRegistry, Counter, Histogram, values

from ai.signals import BreakerMoved, CallFinished, breaker_moved, call_finished
from ai.tracking import TOKENS
from requests_app.models import Status
from requests_app.signals import (
    AnswersStale,
    RequestAccepted,
    RequestFinished,
    answers_stale,
    request_accepted,
    request_finished,
    swept,
)
from requests_app.sweep import Swept

WAITS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)
TOTALS = (0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800)


class Figures:
    """The counters and histograms of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, words: str, *labels: str) -> Counter:
            return Counter(f"lintel_{name}", words, labels, registry=registry)

        def histogram(name: str, words: str, label: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"lintel_{name}_seconds", words, [label], buckets=buckets, registry=registry)

        self._accepted = counter("requests_accepted", "Requests accepted.", "prompt", "lane")
        self._finished = counter("requests_finished", "Requests at their final status.", "prompt", "status", "code")
        self._queue = histogram("queue_wait", "From acceptance to the first claim.", "lane", WAITS)
        self._first_token = histogram("first_token", "From acceptance to the first text.", "prompt", WAITS)
        self._total = histogram("request", "From acceptance to the final status.", "prompt", TOTALS)
        self._calls = counter("calls", "Provider calls: why made, how ended.", "model", "reason", "outcome")
        self._tokens = counter("tokens", "Tokens; input excludes cached ones.", "prompt", "model", "kind")
        self._cost = counter("cost_usd", "US dollars for provider calls of known price.", "prompt", "model")
        self._unpriced = counter("calls_unpriced", "Provider calls whose price is unknown.", "prompt", "model")
        self._breakers = counter(
            "breaker_moves", "Breakers of models: what each became, and why.", "model", "state", "cause"
        )
        self._reusable = counter("answers_reusable", "Answers of prompts that let them serve again.", "prompt")
        self._reused = counter("answers_reused", "Answers that were an earlier request's.", "prompt", "kind")
        self._stale = counter("answers_stale", "Answers whose documents changed after them.", "reason")
        self._swept = counter("swept", "What sweeps found and put right.", "kind")

    def listen(self) -> None:
        receivers: dict[Signal, Callable[..., None]] = {
            request_accepted: self.accepted,
            request_finished: self.finished,
            call_finished: self.called,
            breaker_moved: self.moved,
            answers_stale: self.gone_stale,
            swept: self.found,
        }
        for signal, receiver in receivers.items():
            signal.connect(receiver, weak=False)

    def accepted(self, facts: RequestAccepted, **_: object) -> None:
        self._accepted.labels(facts.prompt_key, facts.lane).inc()

    def finished(self, facts: RequestFinished, **_: object) -> None:
        self._finished.labels(facts.prompt_key, facts.status, facts.error_code).inc()
        if facts.status == Status.DONE:
            self._delivered(facts)
        self._total.labels(facts.prompt_key).observe(_seconds(facts.created, facts.completed))
        if facts.started is not None:
            self._queue.labels(facts.lane).observe(_seconds(facts.created, facts.started))
        if facts.first_token is not None:
            self._first_token.labels(facts.prompt_key).observe(_seconds(facts.created, facts.first_token))

    def _delivered(self, facts: RequestFinished) -> None:
        if facts.reusable:
            self._reusable.labels(facts.prompt_key).inc()
        if facts.reused:
            self._reused.labels(facts.prompt_key, facts.reused).inc()

    def called(self, facts: CallFinished, **_: object) -> None:
        """A correction may be negative, and a counter never falls: it changes the ledger, and not these figures."""
        if facts.correction:
            return
        self._calls.labels(facts.model, facts.reason, facts.outcome).inc()
        for name in TOKENS:
            if tokens := getattr(facts.usage, name):
                self._tokens.labels(facts.prompt_key, facts.model, name.removesuffix("_tokens")).inc(tokens)
        if facts.cost_usd is None:
            self._unpriced.labels(facts.prompt_key, facts.model).inc()
        else:
            self._cost.labels(facts.prompt_key, facts.model).inc(float(facts.cost_usd))

    def moved(self, facts: BreakerMoved, **_: object) -> None:
        self._breakers.labels(facts.model, facts.after, facts.cause).inc()

    def gone_stale(self, facts: AnswersStale, **_: object) -> None:
        self._stale.labels(facts.reason).inc(facts.answers)

    def found(self, facts: Swept, **_: object) -> None:
        for kind, count in asdict(facts).items():
            if count:
                self._swept.labels(kind).inc(count)


def _seconds(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())


def count_into(folder: Path) -> None:
    """From now on this process counts, into files of its own in ``folder``, after any fork too."""
    folder.mkdir(parents=True, exist_ok=True)
    # The library has no other way to be told than its environment variable and its module's variable.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(_this_process)  # type: ignore[no-untyped-call]
    Figures(CollectorRegistry()).listen()


def _this_process() -> str:
    """Containers that share a folder have process ids of their own, which may be equal."""
    return f"{socket.gethostname()}-{os.getpid()}"
