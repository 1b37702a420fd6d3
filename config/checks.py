"""What can be wrong with a deployment, said by `manage.py check` and not by a failure at midnight.

The checks that look into the database run where it is named: `manage.py check --database default`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from config.database_roles import OLDEST_SERVER

OLDEST_PGVECTOR = (0, 8)
FEWEST_KEY_CHARACTERS = 50
KNOWN_KEY_MARKS = ("django-insecure-", "test-secret-key", "change-me")


@register()
def addresses(**_: Any) -> list[CheckMessage]:
    return list(address_messages(database=has_server("default"), broker=bool(settings.BROKER_URL)))


def address_messages(*, database: bool, broker: bool) -> Iterator[CheckMessage]:
    """Nothing works without a database and a broker."""
    for name, there, number in (("DATABASE_URL", database, "lintel.E001"), ("REDIS_URL", broker, "lintel.E002")):
        if not there:
            hint = f"Set {name} in the environment; .env.example describes it."
            yield Error(f"{name} is not set.", hint=hint, id=number)


@register()
def lease(**_: Any) -> list[CheckMessage]:
    return list(lease_messages(lease_s=settings.LINTEL_LEASE_SECONDS, renew_s=settings.LINTEL_RENEW_SECONDS))


def lease_messages(*, lease_s: float, renew_s: float) -> Iterator[CheckMessage]:
    """A lease that is renewed once a term is lost by the first renewal that comes late."""
    if renew_s >= lease_s / 2:
        said = f"LINTEL_RENEW_SECONDS={renew_s:g} is not less than half of LINTEL_LEASE_SECONDS={lease_s:g}."
        hint = "Workers would lose what they run. Renew some times in each lease; ten times is good."
        yield Error(said, hint=hint, id="lintel.E012")


@register(Tags.security, deploy=True)
def production(**_: Any) -> list[CheckMessage]:
    """Settings that are right at home and dangerous elsewhere."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("DEBUG is on: errors show source and settings to everybody.", id="lintel.E003"))
    if len(settings.SECRET_KEY) < FEWEST_KEY_CHARACTERS or settings.SECRET_KEY.startswith(KNOWN_KEY_MARKS):
        hint = f"Use {FEWEST_KEY_CHARACTERS} or more random characters; sessions and sign-in links rest on it."
        found.append(Error("SECRET_KEY is short or publicly known.", hint=hint, id="lintel.E004"))
    if settings.LINTEL_DEMO:
        found.append(Error("LINTEL_DEMO is on: anybody may log in as admin/admin.", id="lintel.E005"))
    return found


@register(Tags.database)
def database_role(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Row-level rights and write-once tables bind only a role that is neither above them nor their owner."""
    if "default" not in (databases or ()) or not has_server("default"):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls,"
            " EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p'))"
            " FROM pg_roles WHERE rolname = current_user"
        )
        name, superuser, bypasses_rls, owns_tables = cursor.fetchone()
    role = Role(name=name, superuser=superuser, bypasses_rls=bypasses_rls, owns_tables=owns_tables)
    return list(role_messages(role))


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What the role of a connection may do that ours may not."""

    name: str
    superuser: bool = False
    bypasses_rls: bool = False
    owns_tables: bool = False


def role_messages(role: Role) -> Iterator[CheckMessage]:
    hint = "Let DATABASE_URL name the application role that `manage.py bootstrap_database` makes."
    if role.superuser:
        yield Error(f"The role {role.name} of DATABASE_URL is a superuser.", hint=hint, id="lintel.E006")
    if role.bypasses_rls:
        yield Error(f"The role {role.name} of DATABASE_URL has BYPASSRLS.", hint=hint, id="lintel.E007")
    if role.owns_tables:
        yield Error(f"The role {role.name} of DATABASE_URL owns tables.", hint=hint, id="lintel.E008")


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


def has_server(alias: str) -> bool:
    return str(connections[alias].settings_dict["ENGINE"]).endswith("postgresql")
