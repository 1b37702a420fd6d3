"""Whatever we start ends: when asked, when it does not listen, and when we are killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.local.child import Child, Command
from config.local.errors import AlreadyRunning
from config.local.home import REPOSITORY, Home
from config.local.leftovers import end_leftovers
from config.local.occupancy import occupant, occupied
from config.local.processes import ProcessIdentity, identify, recorded
from config.local.procfile import Process
from config.local.supervisor import Supervisor
from config.local.terminal import Terminal

pytestmark = pytest.mark.process

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
PARENT_OF_DEAF = """
import sys, time
from pathlib import Path
from config.local.child import Child, Command
from config.local.home import Home
child = Child(Command(name="deaf", arguments=[sys.executable, "-c", sys.argv[2]]), Home(Path(sys.argv[1])))
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "a home")
    home.prepare()
    return home


def command(code: str, *, grace: float = 10.0) -> Command:
    return Command(name="child", arguments=[sys.executable, "-c", code], grace=grace)


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def says(child: Child, word: str) -> None:
    eventually(lambda: word in child.log.read_text())


def test_deaf_child_is_killed(home: Home) -> None:
    child = Child(command(DEAF, grace=0.2), home)
    says(child, "deaf")
    child.stop()
    assert child.exit_code() == -signal.SIGKILL


def test_paused_child_is_stopped(home: Home) -> None:
    child = Child(command("import time; print('up', flush=True); time.sleep(60)"), home)
    says(child, "up")
    child.tell_all(signal.SIGSTOP)
    child.stop()
    assert child.exit_code() == -signal.SIGTERM


def test_grandchildren_end_too(home: Home) -> None:
    fork = "import os, time; pid = os.fork(); print('pid', pid or os.getpid(), flush=True); time.sleep(60)"
    child = Child(command(fork), home)
    eventually(lambda: child.log.read_text().count("pid") == 2)
    family = [identify("one", int(line.split()[1])) for line in child.log.read_text().splitlines()]
    child.stop()
    eventually(lambda: not any(one.alive() for one in family))


def test_note_goes_with_the_child(home: Home) -> None:
    child = Child(command("import time; time.sleep(60)"), home)
    assert [note.pid for note in recorded(home.run)] == [child.pid]
    child.stop()
    assert recorded(home.run) == []


def orphan(home: Home, *, tied: bool) -> ProcessIdentity:
    """A deaf child whose parent has been killed; untied, as on systems that tell a child nothing of its parent."""
    code = PARENT_OF_DEAF if tied else PARENT_OF_DEAF.replace('name="deaf",', 'name="deaf", death_signal=0,')
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(home.root), DEAF], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = identify("deaf", int(parent.stdout.readline()))
    eventually(lambda: "deaf" in (home.logs / "deaf.log").read_text())
    parent.kill()
    parent.communicate()
    return child


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_of_a_killed_parent_die(home: Home) -> None:
    child = orphan(home, tied=True)
    eventually(lambda: not child.alive(), seconds=3)


def test_next_start_ends_leftovers(home: Home) -> None:
    child = orphan(home, tied=False)
    assert child.alive()
    assert [process.pid for process in end_leftovers(home)] == [child.pid]
    assert not child.alive()
    assert recorded(home.run) == []


def test_a_stranger_with_a_noted_pid_lives_on(home: Home) -> None:
    ProcessIdentity(name="web", pid=os.getpid(), started="another boot").record(home.run)
    assert end_leftovers(home) == []


def test_one_supervisor_a_home(home: Home) -> None:
    with occupied(home, "http://one"), pytest.raises(AlreadyRunning, match="http://one"), occupied(home, "http://two"):
        pass
    assert occupant(home) is None


@pytest.fixture
def supervisor() -> Supervisor:
    return Supervisor(Terminal())


def process(home: Home, line: str) -> Process:
    return Process("child", line, home=home, environment=dict(os.environ))


def test_the_dead_are_started_again(home: Home, supervisor: Supervisor) -> None:
    child = process(home, "sleep 60")
    with supervisor:
        supervisor.start(child)
        assert child.child is not None
        first = child.child.pid
        child.child.tell_all(signal.SIGKILL)
        supervisor.watch(until=lambda: child.running() and child.child is not None and child.child.pid != first)
    assert not child.running()


def test_signals_reach_the_program(home: Home, supervisor: Supervisor) -> None:
    child = process(home, "sleep ${SECONDS_TO_SLEEP:-60}")
    with supervisor:
        supervisor.start(child)
    assert child.child is not None
    assert child.child.exit_code() == -signal.SIGTERM


def test_an_error_ends_everything(home: Home, supervisor: Supervisor) -> None:
    child = process(home, "sleep 60")
    with contextlib.suppress(ZeroDivisionError), supervisor:
        supervisor.start(child)
        raise ZeroDivisionError
    assert not child.running()


def test_long_actions_do_not_stop_the_watch(home: Home, supervisor: Supervisor) -> None:
    child = process(home, "sleep 60")
    with supervisor:
        supervisor.start(child)
        assert child.child is not None
        first = child.child.pid

        def kill_and_wait() -> int:
            os.killpg(first, signal.SIGKILL)
            eventually(lambda: child.running() and child.child is not None and child.child.pid != first)
            return 42

        assert supervisor.watch_during(kill_and_wait) == 42
