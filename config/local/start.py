"""A whole start: servers, migration, demo data, processes, health; and all of it ended again."""

import json
import shutil
import signal
import sys
import tempfile
import time
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg

from config.local import logs, ports
from config.local.child import Child, Command
from config.local.environment import Patience, Plan, child_environment, read_patience, read_plan
from config.local.errors import LocalError, ServiceFailed
from config.local.home import REPOSITORY, Home, write_private
from config.local.leftovers import end_leftovers
from config.local.loopback import open_local
from config.local.model import Model
from config.local.occupancy import note, occupied
from config.local.postgres import Postgres
from config.local.procfile import Process, read_procfile
from config.local.service import Service, last_lines
from config.local.supervisor import Supervisor
from config.local.terminal import Terminal
from config.local.valkey import Valkey
from config.local.weights import ensure_tokenizer, ensure_weights

READY_SECONDS = 90.0
CATCH_UP_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Lintel, up and healthy."""

    plan: Plan
    patience: Patience
    environment: Mapping[str, str]
    supervisor: Supervisor
    terminal: Terminal
    sign_in_path: str = ""

    @property
    def url(self) -> str:
        return address(self.plan)

    def ask_manage(self, name: str, *arguments: str) -> str:
        """What a management command prints: it may be a secret, so it goes into no log."""
        with tempfile.TemporaryFile() as printed:
            child = Child(self._managed(name, *arguments), self.plan.home, output=printed)
            if self._until_it_ends(child) != 0:
                raise LocalError(f"manage.py {name} failed; {child.log} ends with:\n{last_lines(child.said())}")
            printed.seek(0)
            return printed.read().decode().strip()

    def begin_manage(self, name: str, *arguments: str) -> Child:
        """Let a management command run beside everything else, into its log. Whoever begins it stops it."""
        return Child(self._managed(name, *arguments), self.plan.home)

    def show_manage(self, name: str, *arguments: str) -> int:
        """Run a management command at the person's own terminal; return its exit code."""
        with self.terminal.lending():
            self.terminal.mid_line = True
            child = Child(self._managed(name, *arguments), self.plan.home, output=sys.stdout.buffer)
            code = self._until_it_ends(child)
        self._let_logs_catch_up()
        if code != 0:
            self.terminal.problem(last_lines(child.said()))
        return code

    def _let_logs_catch_up(self) -> None:
        """What the worker says of a request stands below its answer."""
        until = time.monotonic() + CATCH_UP_SECONDS
        self.supervisor.watch(until=lambda: time.monotonic() > until)

    def _until_it_ends(self, child: Child) -> int:
        try:
            self.supervisor.watch(until=lambda: child.exit_code() is not None)
        finally:
            child.stop()
        return child.exit_code() or 0

    def _managed(self, name: str, *arguments: str) -> Command:
        words = [sys.executable, "manage.py", name, *arguments]
        return Command(name=name, arguments=words, environment=self.environment, stop_signal=signal.SIGINT)


def address(plan: Plan) -> str:
    return f"http://127.0.0.1:{plan.port}"


@contextmanager
def started(terminal: Terminal) -> Iterator[Running]:
    """Everything is up inside and gone outside, whatever happens in between."""
    plan = read_plan()
    plan.home.prepare()
    with occupied(plan.home, address(plan)):
        plan = _cleared(plan, terminal)
        shutil.rmtree(plan.home.metrics, ignore_errors=True)  # counts of processes that are no more
        patience = read_patience(plan)
        with Supervisor(terminal) as supervisor:
            addresses, model = _start_servers(plan, supervisor, terminal)
            environment = child_environment(plan, addresses)
            prove_vectors(environment["DATABASE_URL"])
            with told_to_commands(plan.home, {**addresses, "SECRET_KEY": environment["SECRET_KEY"]}):
                running = Running(
                    plan=plan, patience=patience, environment=environment, supervisor=supervisor, terminal=terminal
                )
                sign_in_path = running.ask_manage("prepare_local")
                _start_processes(running)
                if model is not None:
                    wait_for(model, supervisor)
                    terminal.event(model.name, "ready")
                _wait_until_healthy(running)
                yield replace(running, sign_in_path=sign_in_path)


@contextmanager
def told_to_commands(home: Home, servers: Mapping[str, str]) -> Iterator[None]:
    """Leave word of the servers for `manage.py` in another terminal, for as long as they are there."""
    word = home.root / "environment"
    write_private(word, "".join(f"{name}={value}\n" for name, value in servers.items()))
    try:
        yield
    finally:
        word.unlink(missing_ok=True)


def _cleared(plan: Plan, terminal: Terminal) -> Plan:
    """End what a killed run left, begin new logs, and settle on a port."""
    for process in end_leftovers(plan.home):
        terminal.say(f"Stopped {process.name} (process {process.pid}), left over from a run that was killed")
    logs.rotate(plan.home)
    port = ports.next_free(plan.port)
    if port != plan.port:
        terminal.say(f"Port {plan.port} is taken; using {port}")
        plan = replace(plan, port=port)
        note(plan.home, address(plan))
    return plan


def _start_servers(plan: Plan, supervisor: Supervisor, terminal: Terminal) -> tuple[dict[str, str], Model | None]:
    """Start the embedded ones; return the addresses that children are told, and the model, which takes its time."""
    addresses: dict[str, str] = {}
    model = None
    if plan.postgres:
        postgres = Postgres(plan.home)
        supervisor.start(postgres)
        addresses |= {"DATABASE_URL": postgres.url, "MIGRATE_DATABASE_URL": postgres.owner_url}
    if plan.valkey:
        valkey = Valkey(plan.home)
        supervisor.start(valkey)
        addresses["REDIS_URL"] = valkey.url
    if plan.embedder and (tokenizer := ensure_tokenizer(plan.home, terminal)):
        addresses["LINTEL_EMBEDDED_TOKENIZER"] = str(tokenizer)
    if plan.model:
        model = Model(plan.home, ensure_weights(plan.home, terminal))
        supervisor.launch(model)
        addresses["LINTEL_EMBEDDED_MODEL_URL"] = model.url
    return addresses, model


def prove_vectors(url: str) -> None:
    """Store one vector and measure to it: a library built for another processor dies here, and is named."""
    try:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TEMPORARY TABLE proof (place vector(64)) ON COMMIT DROP")
            connection.execute("INSERT INTO proof VALUES (array_fill(1, ARRAY[64])::vector)")
            row = connection.execute("SELECT place <-> array_fill(2, ARRAY[64])::vector FROM proof").fetchone()
    except psycopg.Error as error:
        raise ServiceFailed(f"PostgreSQL's vector extension does not work on this machine: {error}".strip()) from error
    if row != (8.0,):
        raise ServiceFailed(f"PostgreSQL's vector extension miscounts on this machine: {row} instead of 8.")


def _start_processes(running: Running) -> None:
    for name, line in read_procfile(REPOSITORY / "Procfile").items():
        process = Process(
            name, line, home=running.plan.home, environment=running.environment, grace=running.patience.to_end_s
        )
        running.supervisor.start(process)
    worker = logs.Tail(running.plan.home.logs / "worker.log")

    def show_requests() -> None:
        if not running.terminal.lent:
            for line in logs.request_lines(worker):
                running.terminal.event("worker", line)

    running.supervisor.every_tick.append(show_requests)


def wait_for(service: Service, supervisor: Supervisor) -> None:
    """It was launched a while ago; a second death means that it cannot run here, and so does a long silence."""
    deadline = time.monotonic() + service.patience

    def settled() -> bool:
        return service.ready() or supervisor.deaths(service.name) > 1 or time.monotonic() > deadline

    supervisor.watch(until=settled)
    if service.ready():
        return
    if service.running():
        service.give_up()
    raise ServiceFailed(service.reason())


def _wait_until_healthy(running: Running) -> None:
    deadline = time.monotonic() + READY_SECONDS
    answers: list[str] = []

    def settled() -> bool:
        answers[:] = [unhealthy(running.url)]
        return not answers[0] or time.monotonic() > deadline

    running.supervisor.watch(until=settled)
    if answers[0]:
        raise LocalError(f"Lintel is not healthy after {READY_SECONDS:.0f} s ({answers[0]}); make doctor tells more.")


def unhealthy(url: str) -> str:
    """What /healthz finds missing; empty when nothing is."""
    try:
        with open_local(f"{url}/healthz", timeout=5):
            return ""
    except urllib.error.HTTPError as error:
        return _missing(error.read())
    except OSError as error:
        return f"the web process does not answer: {error}"


def _missing(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        return body.decode(errors="replace")[:200]
