"""What the three embedded servers have in common: start, stop, and the faults that tests inject."""

import signal
import time
from abc import ABC, abstractmethod
from pathlib import Path

from config.local import ports
from config.local.child import Child, Command
from config.local.errors import ServiceFailed
from config.local.home import Home

POLL_SECONDS = 0.02
TRIES = 6


class Service(ABC):
    """An embedded server on a loopback port, which it keeps over restarts."""

    name: str
    patience: float = 30.0  # seconds from its start to its first answer
    passing_signs: tuple[str, ...] = ("Address already in use",)

    def __init__(self, home: Home) -> None:
        self.home = home
        self.port: int | None = None
        self.child: Child | None = None
        self.exit_code: int | None = None

    @property
    def log(self) -> Path:
        return self.home.logs / f"{self.name}.log"

    def launch(self) -> None:
        """Begin to start on a port that is settled now; `ready` tells when it answers."""
        self.prepare()
        self.port = self.port or ports.any_free()
        self.child = Child(self.command(self.port), self.home)

    def ready(self) -> bool:
        return self.port is not None and self.answers(self.port)

    def start(self) -> None:
        """Return when it answers. A start that ends at once is repeated: a port or a lock may just be going free."""
        told = self.port  # others know it already
        for attempt in range(TRIES):
            self.launch()
            if self._came_up():
                return
            self.port = told
            if attempt == TRIES - 1 or not self.may_pass():
                break
            time.sleep(0.3 * (attempt + 1))
        raise ServiceFailed(self.reason())

    def _came_up(self) -> bool:
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline and self.running():
            if self.ready():
                return True
            time.sleep(POLL_SECONDS)
        self.give_up()
        return False

    def give_up(self) -> None:
        """End what does not answer; `reason` tells what became of it."""
        if self.child is not None:
            self.exit_code = self.child.exit_code()
            self.child.kill()

    def ask_to_stop(self) -> None:  # noqa: B027  doing nothing is right for every server
        """Nothing yet: those who use it are still ending."""

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def kill(self) -> None:
        """As `kill -9` of the whole server."""
        if self.child is not None:
            self.child.kill()

    def pause(self) -> None:
        """As a server that hangs: sockets stay open, nothing answers."""
        if self.child is not None:
            self.child.tell_all(signal.SIGSTOP)

    def resume(self) -> None:
        if self.child is not None:
            self.child.tell_all(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def running(self) -> bool:
        return self.child is not None and self.child.exit_code() is None

    def said(self) -> str:
        return self.child.said() if self.child else ""

    def reason(self) -> str:
        """Why it did not come up, in a sentence and the end of its log."""
        if self.exit_code == -signal.SIGILL:
            return f"{self.name} cannot run here: its program was built for another kind of processor."
        late = f"did not answer within {self.patience:g} s"
        ended = late if self.exit_code is None else f"ended with code {self.exit_code}"
        return f"{self.name} {ended}; {self.log} ends with:\n{last_lines(self.said())}"

    def may_pass(self) -> bool:
        """Whether another try is worthwhile after the server ended by itself."""
        return self.exit_code is not None and any(sign in self.said() for sign in self.passing_signs)

    @abstractmethod
    def prepare(self) -> None:
        """Make what it needs on disk; done before every start."""

    @abstractmethod
    def command(self, port: int) -> Command: ...

    @abstractmethod
    def answers(self, port: int) -> bool: ...


def last_lines(text: str, count: int = 6) -> str:
    return "\n".join(text.splitlines()[-count:])
