"""The whole product as real processes: web, workers, jobs, beat, the fake provider, over this test process's servers.

Process tests commit, make their own users and never clean up.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psycopg

from config.local.child import Child, Command
from config.local.home import REPOSITORY, Home
from config.local.ports import any_free
from config.local.procfile import read_procfile
from config.local.stack import RunningServices

T = TypeVar("T")
_names = itertools.count(1)
PROGRAMS = Path(sys.executable).parent
# Tests and measurements send more than people do. Budgets of their own hold as everywhere.
UNLIMITED = dict.fromkeys(
    ("LINTEL_DAILY_TOKENS", "LINTEL_USER_REQUESTS", "LINTEL_TEAM_REQUESTS", "LINTEL_REQUESTS_PER_MINUTE"), "0"
)
# Limits that tell a hang from a slow machine, and nothing else: a test run may share two cores with much.
START_SECONDS = 300.0
WAIT_SECONDS = 120.0
CELERY = ("-m", "celery", "-A", "config.celery")
CATALOGUE = Path(__file__).parent / "catalogue.yaml"

MAKE_USERS = """
import json, django; django.setup()
from django.contrib.auth.hashers import make_password
from accounts.models import ApiToken, User
people = []
for number in range({first}, {first} + {count}):
    user = User.objects.create(username=f"user{{number}}", password=make_password(f"user{{number}}"))
    token = ApiToken.objects.create(user=user, name="tests")[1]
    people.append({{"id": str(user.pk), "name": user.username, "token": token}})
print(json.dumps(people))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user with a bearer token; the password is the name."""

    id: str
    name: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Stack:
    """Processes by name, each started when asked for; whatever was started is stopped at the end."""

    def __init__(self, services: RunningServices, home: Path) -> None:
        self.services = services
        self.home = Home(home)
        self.home.prepare()
        self.children: list[Child] = []
        self.port = any_free()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.fake_url = ""
        self.settings: Mapping[str, str] = UNLIMITED  # what its processes are told besides, from their start on
        self._people: list[Person] = []
        self._standing: Child | None = None
        self._numbers = itertools.count(1, 40)

    def begin(self) -> None:
        self.fake_url = self._start_fake()
        self.run("manage.py", "migrate", "--verbosity", "0")
        self.web = self.start_web()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": self.services.database_url,
            "MIGRATE_DATABASE_URL": self.services.migrate_database_url,
            "REDIS_URL": self.services.redis_url,
            "LINTEL_EMBEDDED_MODEL_URL": f"{self.fake_url}/v1",
            "LINTEL_CATALOGUE": str(CATALOGUE),
            "LINTEL_METRICS_DIR": str(self.home.metrics),
            "PYTHONPATH": str(REPOSITORY),
            **self.settings,
        }

    def start(self, kind: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Child:
        """A process of this virtual environment, with its log in the stack's home."""
        return self._start(kind, sys.executable, *arguments, environment=environment or {})

    def _start(self, kind: str, *words: str, environment: Mapping[str, str]) -> Child:
        command = Command(
            name=f"{kind}-{next(_names)}", arguments=words, environment={**self.environment, **environment}
        )
        child = Child(command, self.home)
        self.children.append(child)
        return child

    def start_web(self) -> Child:
        """The web server on the stack's port, as the Procfile has it."""
        line = read_procfile(REPOSITORY / "Procfile")["web"]
        place = {"PORT": str(self.port), "HOST": "127.0.0.1", "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
        child = self._start("web", "/bin/sh", "-c", f"exec {line}", environment=place)
        wait_for(lambda: self._answers("/livez"), what=f"the web server ({child.log})", seconds=START_SECONDS)
        return child

    def start_worker(self, *, streams: int = 50, environment: Mapping[str, str] | None = None) -> Child:
        """A worker for requests, once its lease shows that it is up."""
        before = self.leases()
        child = self.start(
            "worker", *CELERY, "worker", "-P", "threads", "-c", str(streams),
            "-Q", "requests", "--without-gossip", "--without-mingle", "-l", "INFO", "-n", f"w{next(_names)}@tests",
            environment={"LINTEL_STREAMS": str(streams), **(environment or {})},
        )  # fmt: skip
        wait_for(lambda: self.leases() - before, what=f"a worker's lease ({child.log})", seconds=START_SECONDS)
        return child

    def standing_worker(self) -> Child:
        """One that was frozen beyond the deadline of what it ran has ended itself: its supervisor starts another."""
        if self._standing is None or self._standing.exit_code() is not None:
            self._standing = self.start_worker(streams=400)
        return self._standing

    def start_jobs_and_beat(self) -> tuple[Child, Child]:
        return self.start_jobs(), self.start_beat()

    def start_jobs(self, *, children: int = 1) -> Child:
        """As the Procfile has it, but for how many."""
        return self.start(
            "jobs", *CELERY, "worker", "-P", "prefork", "-c", str(children), "-Q", "jobs,ingest",
            "--without-gossip", "--without-mingle", "-l", "INFO", "-n", f"j{next(_names)}@tests",
        )  # fmt: skip

    def start_beat(self) -> Child:
        return self.start("beat", *CELERY, "beat", "--pidfile=")

    def stop(self) -> None:
        for child in reversed(self.children):
            child.tell_all(signal.SIGKILL)
            child.bury()

    def person(self) -> Person:
        """Somebody whom no other test knows."""
        if not self._people:
            script = MAKE_USERS.format(first=next(self._numbers), count=40)
            self._people = [Person(**each) for each in json.loads(self.run("-c", script))]
        return self._people.pop()

    def client(self, person: Person | None = None) -> httpx2.Client:
        return httpx2.Client(base_url=self.base_url, headers=person.headers if person else {}, timeout=60, verify=False)

    def sql(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """As the superuser, on the database that the processes use."""
        with psycopg.connect(self.services.superuser_url, dbname="lintel", autocommit=True) as connection:
            cursor = connection.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def leases(self) -> set[str]:
        return {str(row[0]) for row in self.sql("SELECT id FROM requests_app_workerlease")}

    def calls(self) -> list[dict[str, Any]]:
        """The fake provider's own ledger."""
        calls: list[dict[str, Any]] = httpx2.get(f"{self.fake_url}/control/ledger").json()["calls"]
        return calls

    def script(self, **told: object) -> None:
        """Tell the fake provider how to play calls that come without a directive."""
        httpx2.post(f"{self.fake_url}/control/scripts", json=told).raise_for_status()

    def _answers(self, path: str) -> bool:
        with contextlib.suppress(httpx2.HTTPError):
            return httpx2.get(f"{self.base_url}{path}").status_code == 200
        return False

    def _start_fake(self) -> str:
        port = any_free()
        self.start("fake", "-m", "ai.providers.fake", "--port", str(port))
        url = f"http://127.0.0.1:{port}"

        def up() -> bool:
            with contextlib.suppress(httpx2.HTTPError):
                return httpx2.get(f"{url}/control/ledger").status_code == 200
            return False

        wait_for(up, what="the fake provider", seconds=START_SECONDS)
        return url

    def run(self, *arguments: str, seconds: float = START_SECONDS) -> str:
        """A program of this virtual environment, to its end."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def wait_for(look: Callable[[], T], *, what: str, seconds: float = WAIT_SECONDS, pause: float = 0.05) -> T:
    """Look until there is something; the assertion says what was missing."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"{what} did not come within {seconds:g} s"
        time.sleep(pause)


@contextlib.contextmanager
def running_stack(services: RunningServices, home: Path) -> Iterator[Stack]:
    stack = Stack(services, home)
    try:
        stack.begin()
        yield stack
    finally:
        stack.stop()


def directive(prose: str = "A text to summarise.", /, **script: object) -> str:
    """A user's text that tells the fake provider how to play this one call."""
    return f"{prose} [[fake {json.dumps(script)}]]"
