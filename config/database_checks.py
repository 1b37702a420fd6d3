"""What can be wrong with the servers themselves. They are asked only where one is named: `check --database default`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from config.checks import has_server
from config.database_roles import OLDEST_SERVER
from config.demo_people import PEOPLE
from requests_app.condition.broker import KEEPS_EVERYTHING
from requests_app.models.pulse import BEAT_SILENCE
from requests_app.wake import SWEEP_TASK

OLDEST_PGVECTOR = (0, 8)
BROKER_PATIENCE_S = 2.0  # to connect, and again to answer
NAMED_BY = {"default": "DATABASE_URL", "owner": "MIGRATE_DATABASE_URL"}


@register(Tags.database)
def database_role(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Row-level rights and write-once tables bind only a role that is neither above them nor their owner."""
    found: list[CheckMessage] = []
    for alias in filter(has_server, databases or ()):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT current_user, rolsuper, rolbypassrls,"
                " EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p'))"
                " FROM pg_roles WHERE rolname = current_user"
            )
            name, superuser, bypasses_rls, owns_tables = cursor.fetchone()
        role = Role(name=name, superuser=superuser, bypasses_rls=bypasses_rls, owns_tables=owns_tables)
        found += role_messages(role, alias=alias)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What the role of a connection may do that ours may not."""

    name: str
    superuser: bool = False
    bypasses_rls: bool = False
    owns_tables: bool = False


def role_messages(role: Role, *, alias: str = "default") -> Iterator[CheckMessage]:
    variable = NAMED_BY.get(alias, alias)
    hint = f"Let {variable} name the role that `manage.py bootstrap_database` makes for it."
    if role.superuser:
        yield Error(f"The role {role.name} of {variable} is a superuser.", hint=hint, id="lintel.E006")
    if role.bypasses_rls:
        yield Error(f"The role {role.name} of {variable} has BYPASSRLS.", hint=hint, id="lintel.E007")
    if role.owns_tables and alias == "default":
        yield Error(f"The role {role.name} of {variable} owns tables.", hint=hint, id="lintel.E008")


@register(Tags.database)
def database_server(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias in filter(has_server, databases or ()):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int,"
                " (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
            )
            found += server_messages(*cursor.fetchone())
    return found


def server_messages(version: int, pgvector: str | None) -> Iterator[CheckMessage]:
    if version < OLDEST_SERVER:
        yield Error(f"PostgreSQL 15 or newer is needed; this server is {version // 10000}.", id="lintel.E009")
    hint = "Run `manage.py bootstrap_database` as a superuser; only one may create or update it."
    if pgvector is None:
        yield Error("The extension vector is not in this database.", hint=hint, id="lintel.E010")
    elif tuple(int(part) for part in pgvector.split(".")[:2]) < OLDEST_PGVECTOR:
        yield Error(f"pgvector 0.8 or newer is needed; this database has {pgvector}.", hint=hint, id="lintel.E011")


@register(Tags.database)
def broker(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    if "default" not in (databases or ()) or not settings.BROKER_URL:
        return []
    try:
        return list(broker_messages(_memory_of(settings.BROKER_URL)))
    except (redis.RedisError, OSError, ValueError) as problem:  # ValueError: no such address
        said = f"The broker of BROKER_URL or REDIS_URL did not say how it keeps its keys ({type(problem).__name__})."
        return [Warning(said, id="lintel.W001")]


def _memory_of(url: str) -> Mapping[str, Any]:
    """INFO and not CONFIG: hosted servers forbid the latter."""
    patience = {"socket_connect_timeout": BROKER_PATIENCE_S, "socket_timeout": BROKER_PATIENCE_S}
    with redis.Redis.from_url(url, **patience) as client:
        memory: Mapping[str, Any] = client.info("memory")
        return memory


def broker_messages(memory: Mapping[str, Any]) -> Iterator[CheckMessage]:
    policy = memory.get("maxmemory_policy", KEEPS_EVERYTHING)
    if policy != KEEPS_EVERYTHING:
        said = f"The broker evicts keys when its memory is full (maxmemory-policy {policy}): tasks would vanish."
        hint = "Set maxmemory-policy noeviction there; a cache that may evict is a second server, named by CACHE_URL."
        yield Error(said, hint=hint, id="lintel.E017")


@register(Tags.database)
def schedule(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    if "default" not in (databases or ()) or not _has_tables("default"):
        return []
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects.using("default")
    sweeps = tasks.filter(task=SWEEP_TASK, enabled=True, interval__isnull=False).select_related("interval")
    return list(schedule_messages([sweep.interval.schedule.run_every for sweep in sweeps]))


def schedule_messages(pauses: Sequence[timedelta]) -> Iterator[CheckMessage]:
    """``pauses``: of the enabled entries that send the sweep by interval."""
    if not any(pause < BEAT_SILENCE for pause in pauses):
        said = f"Beat does not send {SWEEP_TASK} every {BEAT_SILENCE.total_seconds():g} seconds or more often."
        hint = "Enable it in admin under periodic tasks; `manage.py migrate` puts it back where it was deleted."
        yield Error(said, hint=hint, id="lintel.E018")


@register(Tags.database, deploy=True)
def demo_users(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Those of `load_demo`, while their password is their name."""
    if "default" not in (databases or ()) or not _has_tables("default"):
        return []
    people = get_user_model().objects.using("default").filter(username__in=PEOPLE, is_active=True)
    known = sorted(person.get_username() for person in people if person.check_password(person.get_username()))
    if not known:
        return []
    said = f"Demo users are in this database, each with the name as password: {', '.join(known)}."
    hint = "Deactivate them, or give them other passwords: `manage.py changepassword NAME`."
    return [Error(said, hint=hint, id="lintel.E019")]


def _has_tables(alias: str) -> bool:
    """A database that waits for its first migration has nothing to look at."""
    if not has_server(alias):
        return False
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_celery_beat_periodictask') IS NOT NULL")
        return bool(cursor.fetchone()[0])
