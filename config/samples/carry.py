"""Rows from one database to another of the same tables: people and prompts there, the finished history back."""

from __future__ import annotations

from typing import TypeAlias

import psycopg
from django.apps import apps
from django.db import models
from psycopg import sql

Connection: TypeAlias = "psycopg.Connection[tuple[object, ...]]"

PROMPTS = ("ai.PromptTemplate", "ai.PromptLabel")
GUEST = ("accounts.User", "accounts.Team", "accounts.Membership", "requests_app.TokenBudget")
# In the order in which they point to one another.
HISTORY = (
    "accounts.User", "accounts.Team", "accounts.Membership",
    "requests_app.TokenBudget", "requests_app.HistoricalTokenBudget", "requests_app.BudgetWindow",
    "requests_app.AIRequest", "requests_app.AIAttempt", "requests_app.RequestMove",
    "requests_app.BudgetHold", "requests_app.HoldShare", "ai.LLMUsageLog",
    "requests_app.AIReviewQueue", "requests_app.ReviewAction", "requests_app.AIOutputFeedback",
)  # fmt: skip
# An answer of a sample serves nobody again, and versions of the catalogue have other numbers there.
SERVES_NOBODY = "UPDATE requests_app_airequest SET fingerprint = '', catalogue = NULL"
# The real database wrote these moves already, in the other one.
NO_SECOND_MOVES = """
SELECT set_config('pgtrigger.ignore', (
    SELECT array_agg(tgname)::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger\\_first\\_move\\_%'
), true)
"""


def bring_prompts(real: Connection, scratch: Connection) -> None:
    """The versions and labels of the real database, under their own ids."""
    tables = sql.SQL(", ").join(sql.Identifier(apps.get_model(name)._meta.db_table) for name in PROMPTS)
    scratch.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
    for name in PROMPTS:
        _carry(real, scratch, apps.get_model(name))


def bring_guest(real: Connection, scratch: Connection, username: str) -> None:
    """Somebody of the installation's own, who takes part in the history."""
    real.execute(
        "INSERT INTO requests_app_tokenbudget (id, user_id, measure, period, timezone)"
        " SELECT gen_random_uuid(), id, 'tokens', 'day', 'UTC' FROM accounts_user WHERE username = %s"
        " ON CONFLICT DO NOTHING",
        [username],
    )
    person = sql.SQL("(SELECT id FROM accounts_user WHERE username = {})").format(sql.Literal(username))
    columns = ("id", "personal_of_id", "user_id", "user_id")
    for name, column in zip(GUEST, columns, strict=True):
        only = sql.SQL("WHERE {} = {}").format(sql.Identifier(column), person)
        if name == "accounts.Membership":
            only += sql.SQL(" AND team_id IN (SELECT id FROM accounts_team WHERE personal_of_id = {})").format(person)
        _carry(real, scratch, apps.get_model(name), only=only)


def carry_over(scratch: Connection, real: Connection) -> int:
    """All of the history in one transaction; how many requests. What is there already stays as it is."""
    scratch.execute(SERVES_NOBODY)
    with real.transaction():
        real.execute(NO_SECOND_MOVES)
        counts = {name: _carry(scratch, real, apps.get_model(name)) for name in HISTORY}
    return counts["requests_app.AIRequest"]


def _carry(
    source: Connection, target: Connection, model: type[models.Model], only: sql.Composable | None = None
) -> int:
    """By a table in between, so that what both have is no error. Numbers that count up are given anew."""
    meta = model._meta
    numbered = isinstance(meta.pk, models.AutoField)
    columns = [str(field.column) for field in meta.concrete_fields if not (numbered and field.primary_key)]
    names = sql.SQL(", ").join([sql.Identifier(column) for column in columns])
    table, key = sql.Identifier(meta.db_table), sql.Identifier(_key(meta))
    rows = sql.SQL("COPY (SELECT {} FROM {} {} ORDER BY {}) TO STDOUT").format(names, table, only or sql.SQL(""), key)
    with target.transaction():
        between = sql.Identifier(f"carried_{meta.db_table}")
        made = sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0")
        target.execute(made.format(between, names, table))
        _copy(source, rows, target, sql.SQL("COPY {} ({}) FROM STDIN").format(between, names))
        insert = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING")
        return target.execute(insert.format(table, names, names, between)).rowcount


def _key(meta: models.options.Options[models.Model]) -> str:
    assert meta.pk is not None  # noqa: S101 - every table has one
    return str(meta.pk.column)


def _copy(source: Connection, reading: sql.Composed, target: Connection, writing: sql.Composed) -> None:
    with source.cursor().copy(reading) as rows, target.cursor().copy(writing) as written:
        for part in rows:
            written.write(part)
