"""A server that lives and never answers is given up with a sentence."""

import sys
from pathlib import Path

import pytest

from config.local.child import Command
from config.local.errors import ServiceFailed
from config.local.home import Home
from config.local.service import Service
from config.local.start import wait_for
from config.local.supervisor import Supervisor
from config.local.terminal import Terminal

pytestmark = pytest.mark.process


class Mute(Service):
    name = "mute"
    patience = 0.5

    def prepare(self) -> None:
        return

    def command(self, port: int) -> Command:
        words = [sys.executable, "-c", "import time; print('thinking', flush=True); time.sleep(60)"]
        return Command(name=self.name, arguments=words)

    def answers(self, port: int) -> bool:
        return False


def test_mute_server_is_given_up(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    mute = Mute(home)
    with Supervisor(Terminal()) as supervisor:
        supervisor.launch(mute)
        with pytest.raises(ServiceFailed, match=r"mute did not answer within 0\.5 s; .*mute\.log ends with:\nthinking"):
            wait_for(mute, supervisor)
    assert not mute.running()


def test_mute_server_keeps_no_port_that_nobody_knows(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    mute = Mute(home)
    with pytest.raises(ServiceFailed):
        mute.start()
    assert mute.port is None
