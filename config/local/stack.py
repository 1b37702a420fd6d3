"""The embedded servers as one thing, for the supervisor and for tests."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from config.local.home import REPOSITORY, Home
from config.local.model import WEIGHTS_NAME, Model
from config.local.postgres import Postgres
from config.local.service import Service
from config.local.valkey import Valkey


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServices:
    """Servers that answer. Each can be stopped, started, restarted, killed, paused and resumed on its own."""

    home: Home
    postgres: Postgres
    valkey: Valkey
    model: Model | None

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def migrate_database_url(self) -> str:
        return self.postgres.owner_url

    @property
    def superuser_url(self) -> str:
        return self.postgres.superuser_url

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    def each(self) -> list[Service]:
        return [self.postgres, self.valkey, *([self.model] if self.model else [])]

    def stop(self) -> None:
        stop_all(self.each())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def start_services(home: Path, *, model: bool, weights: Path | None = None) -> RunningServices:
    """Start them under this folder, which is made when it is missing; all or none. Call from the main thread."""
    place = Home(home)
    place.prepare()
    services = RunningServices(
        home=place,
        postgres=Postgres(place),
        valkey=Valkey(place),
        model=Model(place, weights or default_weights()) if model else None,
    )
    start_all(services.each())
    return services


def default_weights() -> Path:
    return Home(REPOSITORY / ".local").models / WEIGHTS_NAME


def start_all(services: list[Service]) -> None:
    started: list[Service] = []
    try:
        for service in services:
            started.append(service)
            service.start()
    except BaseException:  # Ctrl-C too: nothing that was started may stay
        stop_all(started)
        raise


def stop_all(services: list[Service]) -> None:
    for service in reversed(services):
        service.stop()
