"""`make doctor`, the second half: what was set up, what is set, what runs and what failed."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

from config.local import ports
from config.local.environment import read_patience, read_plan
from config.local.errors import LocalError, ServiceFailed
from config.local.home import REPOSITORY, Home
from config.local.leftovers import leftovers
from config.local.machine import Finding
from config.local.model import WEIGHTS_NAME
from config.local.occupancy import Occupant, occupant
from config.local.postgres import binary, choose_route
from config.local.processes import recorded
from config.local.procfile import read_procfile
from config.local.service import last_lines
from config.local.setup import satisfied
from config.local.start import unhealthy
from config.local.terminal import Terminal
from config.local.valkey import server_binary


def doctor(home: Home, terminal: Terminal) -> None:
    findings = list(look(home))
    for finding in findings:
        terminal.console.print(finding.line(), markup=False)
    problems = sum(bool(finding.remedy) for finding in findings)
    terminal.say("All is well" if not problems else f"{problems} to look at")


def look(home: Home) -> Iterator[Finding]:
    yield _packages()
    yield from _programs()
    yield from _configuration()
    yield _weights(home)
    holder = occupant(home)
    if holder:
        yield from _running(home, holder)
    else:
        yield from _at_rest(home)


def _packages() -> Finding:
    for kind in ("dev", "local"):
        if satisfied(kind):
            return Finding("packages", f"as locked for {kind}")
    return Finding("packages", "not as locked", "make run installs them.")


def _programs() -> Iterator[Finding]:
    programs: dict[str, Callable[[], list[str]]] = {
        "postgres": lambda: [str(binary("postgres")), "-V"],
        "valkey": lambda: [str(server_binary()), "--version"],
        "model server": lambda: [sys.executable, "-c", "import xllamacpp; print(xllamacpp.__version__)"],
    }
    for name, command in programs.items():
        try:
            done = subprocess.run(command(), capture_output=True, text=True, check=False)
        except (ServiceFailed, OSError) as error:
            yield Finding(name, "does not start", str(error))
            continue
        yield _program(name, done)


def _program(name: str, done: "subprocess.CompletedProcess[str]") -> Finding:
    if done.returncode == -signal.SIGILL:
        return Finding(
            name, "dies of SIGILL", "Its wheel is built for another kind of processor; use a server of your own."
        )
    if done.returncode != 0:
        return Finding(name, f"ends with code {done.returncode}", done.stderr.strip()[-200:] or "It says nothing.")
    return Finding(name, done.stdout.strip().splitlines()[0])


def _configuration() -> Iterator[Finding]:
    try:
        plan = read_plan()
        plan.home.prepare()
        read_patience(plan)
    except (LocalError, OSError) as error:
        yield Finding("configuration", "refused", f"{error} .env.example describes every value.")
        return
    embedded = [name for name in ("postgres", "valkey", "model") if getattr(plan, name)]
    yield Finding("configuration", f"embedded: {', '.join(embedded) or 'nothing'}; state in {plan.home.root}")
    if plan.postgres:
        yield _route(plan.home)
    if not occupant(plan.home):
        yield _port(plan.port)


def _route(home: Home) -> Finding:
    try:
        return Finding(
            "postgres runs", {"plain": "as you"}.get(route := choose_route(home.postgres), f"by the {route} route")
        )
    except ServiceFailed as closed:
        return Finding("postgres runs", "not as root", str(closed))


def _port(port: int) -> Finding:
    free = ports.next_free(port)
    return Finding("port", f"{port} is free" if free == port else f"{port} is taken; {free} will be used")


def _weights(home: Home) -> Finding:
    return Finding(
        "weights", "here" if (home.models / WEIGHTS_NAME).exists() else "not here; the first start fetches them"
    )


def _running(home: Home, holder: Occupant) -> Iterator[Finding]:
    yield Finding("lintel", f"up at {holder.url} (process {holder.pid})")
    missing = unhealthy(holder.url)
    yield Finding("health", missing or "good", "make logs shows what they say." if missing else "")
    alive = {process.name for process in recorded(home.run) if process.alive()}
    for name in read_procfile(REPOSITORY / "Procfile"):
        if name not in alive:
            yield Finding(name, "does not run", f"its log ends with:\n{_log_end(home, name)}")


def _at_rest(home: Home) -> Iterator[Finding]:
    yield Finding("lintel", "not running; make run starts it")
    for process in leftovers(home):
        yield Finding(process.name, f"process {process.pid} was left over", "make stop ends it, make run too.")


def _log_end(home: Home, name: str) -> str:
    try:
        return last_lines((home.logs / f"{name}.log").read_text(errors="replace"))
    except FileNotFoundError:
        return "(there is no log)"
