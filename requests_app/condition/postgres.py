"""The database, as seen from this process, and whether it has every migration of this code."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, perf_counter

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from requests_app.condition import commands
from requests_app.condition.reading import Fact, Reading, State

MIGRATIONS_LOOK_S = 5.0
CROWDED = 0.8  # of all connections that the server allows
NAMED = 5

LOOK = """
    SELECT pg_postmaster_start_time(), current_setting('server_version'), current_setting('max_connections')::int,
        (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
"""


def database() -> Reading:
    with connection.cursor() as cursor:
        began = perf_counter()
        cursor.execute(LOOK)
        took_ms = (perf_counter() - began) * 1000
        since, version, most, pgvector, used = cursor.fetchone()
    state, says, remedy = _judged(pgvector, crowded=used >= most * CROWDED)
    facts = (
        Fact(label="PostgreSQL", value=version.split()[0]),
        Fact(label="pgvector", value=pgvector or _("missing")),
        Fact(label=_("Answered in"), value=f"{took_ms:.1f} ms"),
        Fact(label=_("Connections"), value=_("%(used)d of %(most)d") % {"used": used, "most": most}),
    )
    return Reading(state=state, says=says, since=since, facts=facts, remedy=remedy)


def _judged(pgvector: str | None, *, crowded: bool) -> tuple[State, str, tuple[str, ...]]:
    if pgvector is None:
        return "warn", _("The extension vector is not in this database."), (commands.BOOTSTRAP,)
    if crowded:
        return "warn", _("Nearly all of its connections are taken."), (commands.SHOW_CONNECTIONS,)
    return "ok", _("It answers."), ()


class Migrations:
    """Whether the database has every migration of this code. Yes is for ever; no is asked again after a while."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._missing: tuple[str, ...] | None = None
        self._looked_at = float("-inf")

    def missing(self) -> tuple[str, ...]:
        with self._lock:
            if self._missing != () and self._clock() - self._looked_at >= MIGRATIONS_LOOK_S:
                executor = MigrationExecutor(connection)
                plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
                self._missing = tuple(f"{migration.app_label}.{migration.name}" for migration, _back in plan)
                self._looked_at = self._clock()
            return self._missing or ()

    def applied(self) -> bool:
        return not self.missing()


known_migrations = Migrations()


def migrations() -> Reading:
    missing = known_migrations.missing()
    done = MigrationRecorder.Migration.objects.aggregate(last=Max("applied"))
    if not missing:
        return Reading(state="ok", says=_("The database has every migration of this code."), since=done["last"])
    says = ngettext("%(count)d migration is missing.", "%(count)d migrations are missing.", len(missing))
    facts = (Fact(label=_("Missing"), value=", ".join(missing[:NAMED]) + ("…" if len(missing) > NAMED else "")),)
    return Reading(
        state="bad",
        says=says % {"count": len(missing)},
        since=done["last"],
        facts=facts,
        remedy=(commands.MIGRATE,),
    )
