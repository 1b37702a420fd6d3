"""One request's life with kill -9 of its process at the n-th outside call, for every n."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from ai.providers.fake import FakeProvider
from config.local.home import REPOSITORY
from requests_app.models import AIRequest, WorkerLease
from requests_app.models.clock import DatabaseClock
from requests_app.testing import InlineWorker
from tests.faults.nth.conftest import BOTH, SIDES
from tests.faults.nth.life import Submitting, all_of, new_mark, violations, windows_violated, work_off
from tests.faults.nth.outside import Fault, Kind, Side
from tests.process.stack import CATALOGUE, UNLIMITED

LAST_WORDS = 4000  # of the children's log, in characters


class Forks:
    """The process that forks those that die."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nth.forks"],
            env={**os.environ, **environment, "PYTHONPATH": str(REPOSITORY)},
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
        )

    def child(self, **told: Any) -> dict[str, Any]:
        """Let one live, to its end or its death."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._last_words()
        ended: dict[str, Any] = json.loads(answer)
        assert ended["ended"] in (0, -signal.SIGKILL), (ended, self._last_words())
        return ended

    def _last_words(self) -> str:
        return self._log.read_text()[-LAST_WORDS:]

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def idle(settings: Settings) -> None:
    """The healthy worker sweeps at once, and takes nothing before it is asked to."""
    settings.LINTEL_LEASE_SECONDS, settings.LINTEL_RENEW_SECONDS = 300.0, 100.0
    settings.LINTEL_SWEEP_SECONDS = 0.1


@pytest.fixture
def forks(fake: FakeProvider, committed: None, tmp_path: Path) -> Iterator[Forks]:
    url = connection.settings_dict
    environment = {
        "DATABASE_URL": f"postgresql://{url['USER']}:{url['PASSWORD']}@{url['HOST']}:{url['PORT']}/{url['NAME']}",
        "MIGRATE_DATABASE_URL": "",
        "LINTEL_CATALOGUE": str(CATALOGUE),
        "LINTEL_EMBEDDED_MODEL_URL": fake.openai_url,
        "LINTEL_LEASE_SECONDS": "300",
        "LINTEL_RENEW_SECONDS": "100",
        "LINTEL_SWEEP_SECONDS": "100",
        "LINTEL_FLUSH_SECONDS": "0",
        **UNLIMITED,
    }
    forks = Forks(environment, tmp_path / "forks.log")
    yield forks
    forks.close()


class Deaths:
    """Request after request, each with a process that dies over it."""

    def __init__(self, forks: Forks, fake: FakeProvider, worker: InlineWorker, token: str) -> None:
        self._forks, self._fake, self._worker, self._token = forks, fake, worker, token

    def live(self, side: Side, fault: Fault | None = None) -> dict[str, Any]:
        """What became of the child; the request's life was whole, or this raises."""
        submitting = Submitting(token=self._token, mark=new_mark())
        request: AIRequest | None = submitting.until_accepted() if side == "worker" else None
        told = {"side": side, "fault": asdict(fault) if fault else None, "token": self._token, "mark": submitting.mark}
        ended = self._forks.child(**told)
        WorkerLease.objects.filter(pid=ended["pid"]).update(expires_at=DatabaseClock())  # as time would do
        if request is None:
            request = submitting.until_accepted()
        work_off(self._worker, request)
        found = violations(self._fake, request, submitting.mark)
        assert not found, (side, fault, found)
        return ended

    def dies(self, side: Side, kind: Kind, number: int) -> bool:
        return bool(self.live(side, Fault(kind=kind, number=number, effect="kill"))["ended"])


@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("idle")
def test_killed_at_every_call(forks: Forks, fake: FakeProvider, token: str, worker: InlineWorker) -> None:
    """All in one test: the process that forks takes longer to begin than many lives and deaths."""
    deaths = Deaths(forks, fake, worker, token)
    counts = {side: deaths.live(side)["counts"] for side in BOTH}
    for side, kind in SIDES:
        dies = partial(deaths.dies, side, kind)
        number = all_of(dies)
        assert number > 0
        print(f"{side}, {kind}, kill -9: at each of {number} calls, {counts[side][kind]} without")  # noqa: T201
    assert not windows_violated()
