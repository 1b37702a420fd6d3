"""The two database roles and what a superuser prepares for them, once a server.

The owner role migrates; the application role reads and writes rows and owns nothing. Every statement may be run again.
The extensions are made here because `vector` is not a trusted one: the owner may not create it. template1 gets the
same, so that a test database which the owner creates is complete.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

EXTENSIONS = ("vector",)
OLDEST_SERVER = 150000
TEMPLATE = "template1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Names and passwords of the owner, the application role and their database."""

    database: str
    owner: str
    owner_password: str
    app: str
    app_password: str


class BootstrapRefused(Exception):
    """The server cannot carry Lintel; its text is one sentence."""


def bootstrap(superuser_url: str, roles: Roles) -> None:
    """Make roles, database, extensions and default privileges with a superuser's connection."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _refuse_unfit(connection)
        _run(connection, role_statements(roles))
        _fill(superuser_url, TEMPLATE, roles)
        if not _database_exists(connection, roles.database):
            connection.execute(database_statement(roles))
    _fill(superuser_url, roles.database, roles)


def _refuse_unfit(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    if connection.info.server_version < OLDEST_SERVER:
        raise BootstrapRefused(f"PostgreSQL 15 or newer is needed; this server is {connection.info.server_version}.")
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if row != (True,):
        raise BootstrapRefused(f"The role {connection.info.user} is not a superuser, so it cannot make extensions.")


def _fill(superuser_url: str, database: str, roles: Roles) -> None:
    with psycopg.connect(superuser_url, dbname=database, autocommit=True) as connection:
        _run(connection, content_statements(roles))


def _run(connection: "psycopg.Connection[tuple[object, ...]]", statements: Iterable[sql.Composed]) -> None:
    for statement in statements:
        connection.execute(statement)


def _database_exists(connection: "psycopg.Connection[tuple[object, ...]]", name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def role_statements(roles: Roles) -> Iterator[sql.Composed]:
    yield from _role(roles.owner, "CREATEDB", sql.Literal(roles.owner_password))
    yield from _role(roles.app, "NOCREATEDB", sql.Literal(roles.app_password))


def _role(name: str, databases: str, password: sql.Composable) -> Iterator[sql.Composed]:
    yield sql.SQL(
        "DO $lintel$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {literal}) "
        "THEN CREATE ROLE {name}; END IF; END $lintel$"
    ).format(literal=sql.Literal(name), name=sql.Identifier(name))
    yield sql.SQL(
        "ALTER ROLE {name} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION {databases} PASSWORD {password}"
    ).format(name=sql.Identifier(name), databases=sql.SQL(databases), password=password)


def database_statement(roles: Roles) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(
        database=sql.Identifier(roles.database), owner=sql.Identifier(roles.owner)
    )


def content_statements(roles: Roles) -> Iterator[sql.Composed]:
    """What the database and template1 both need; the application role gets no TRUNCATE, REFERENCES or TRIGGER."""
    for extension in EXTENSIONS:
        yield sql.SQL("CREATE EXTENSION IF NOT EXISTS {name}").format(name=sql.Identifier(extension))
    for grant in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES", "EXECUTE ON FUNCTIONS"):
        yield sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT {grant} TO {app}").format(
            owner=sql.Identifier(roles.owner), grant=sql.SQL(grant), app=sql.Identifier(roles.app)
        )


def script(roles: Roles) -> str:
    """The same steps for psql, where a superuser would rather read them first. Passwords are psql variables."""
    lines = [
        "-- Run as a superuser, with the two passwords that DATABASE_URL and MIGRATE_DATABASE_URL will carry:",
        "--   psql -v ON_ERROR_STOP=1 -v owner_password=... -v app_password=... -d postgres -f this-file",
        *_lines(_role(roles.owner, "CREATEDB", sql.SQL(":'owner_password'"))),
        *_lines(_role(roles.app, "NOCREATEDB", sql.SQL(":'app_password'"))),
        f"\\connect {sql.Identifier(TEMPLATE).as_string()}",
        *_lines(content_statements(roles)),
        _create_database_if_missing(roles),
        f"\\connect {sql.Identifier(roles.database).as_string()}",
        *_lines(content_statements(roles)),
    ]
    return "\n".join(lines) + "\n"


def _create_database_if_missing(roles: Roles) -> str:
    """CREATE DATABASE knows no IF NOT EXISTS; psql runs the statement that this one returns."""
    missing = sql.SQL("SELECT {statement} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {name})").format(
        statement=sql.Literal(database_statement(roles).as_string()), name=sql.Literal(roles.database)
    )
    return f"{missing.as_string()} \\gexec"


def _lines(statements: Iterable[sql.Composed]) -> list[str]:
    return [f"{statement.as_string()};" for statement in statements]
