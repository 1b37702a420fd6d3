"""What beat sends: defaults here, the truth in django-celery-beat's tables, where admin edits it.

``app.conf.beat_schedule`` stays empty: the DatabaseScheduler writes what it finds there over the tables at each start.
Instead every migrate brings the tables up to the defaults. A row's description carries the fingerprint of what was
imported, so a row that still fits it was edited by nobody: it follows the release, and goes when its default goes. An
edited or disabled one stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps as installed
from django.db import connections, router, transaction
from django.utils import timezone

from ai.fingerprint import fingerprint
from requests_app.wake import COUNT_TASK, MAIL_TASK, REPORT_TASK, RESET_TASK, REVIEW_MAIL_TASK, SWEEP_TASK

LABEL = "django_celery_beat"
NOTE = "A default of Lintel ({fingerprint}): it follows each release until it is edited or disabled here."
# Everything that a person may change; what beat itself writes (last run, count) is no edit.
EDITABLE = (
    "task", "interval__every", "interval__period", "crontab_id", "solar_id", "clocked_id", "args", "kwargs", "queue",
    "exchange", "routing_key", "headers", "priority", "expires", "expire_seconds", "one_off", "start_time", "enabled",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A task of the queue ``jobs`` to send again and again; unread after ``expires_s`` it is dropped."""

    name: str
    task: str
    every_s: int
    expires_s: int


# The sweep is also the sign of life of beat and of the jobs worker: /healthz reads it.
DEFAULTS = (
    Default(name="sweep", task=SWEEP_TASK, every_s=15, expires_s=30),
    Default(name="count usage", task=COUNT_TASK, every_s=15, expires_s=15),
    Default(name="budget mail", task=MAIL_TASK, every_s=300, expires_s=240),
    Default(name="mail about overdue reviews", task=REVIEW_MAIL_TASK, every_s=300, expires_s=240),
    # Every hour, for in some time zone a day ends then.
    Default(name="reset_daily_token_budgets", task=RESET_TASK, every_s=3600, expires_s=1800),
    # One report comes of a day's runs; each brings the figures of today up to date.
    Default(name="ai_quality_report", task=REPORT_TASK, every_s=300, expires_s=240),
)


def import_after_migrate(using: str, apps: Any = installed, **_signal: Any) -> None:
    try:
        model = apps.get_model(LABEL, "PeriodicTask")
    except LookupError:  # migrated back to before these tables
        return
    if router.allow_migrate_model(using, model):
        import_defaults(DEFAULTS, using=using)


def import_defaults(defaults: Sequence[Default], *, using: str) -> None:
    """Insert what is missing, bring along what nobody edited, remove what no release wants and nobody edited."""
    tasks = installed.get_model(LABEL, "PeriodicTask").objects.using(using)
    with transaction.atomic(using=using):
        ours = untouched(tasks)
        edited = set(tasks.values_list("name", flat=True)) - ours
        changed = _remove(ours - {default.name for default in defaults}, using=using)
        changed += sum(_write(tasks, default) for default in defaults if default.name not in edited)
        if changed:
            _tell_beat(using)


def untouched(tasks: Any) -> set[str]:
    """Names of the rows that are as they were imported."""
    rows = tasks.values("name", "description", *EDITABLE)
    return {row["name"] for row in rows if row["description"] == NOTE.format(fingerprint=_mark(row))}


def _mark(row: dict[str, Any]) -> str:
    return fingerprint([row[name] for name in EDITABLE])


# Models with signals are written by statements: the signals would write through another alias than the owner's.
def _write(tasks: Any, default: Default) -> int:
    interval = _interval(default.every_s, using=tasks.db)
    values = {"task": default.task, "interval": interval, "expire_seconds": default.expires_s}
    row = tasks.filter(name=default.name)
    if row.filter(**values).exists():
        return 0
    if not row.update(**values):
        tasks.bulk_create([tasks.model(name=default.name, **values)])
    row.update(description=NOTE.format(fingerprint=_mark(row.values(*EDITABLE).get())))
    return 1


def _interval(every_s: int, *, using: str) -> Any:
    intervals = installed.get_model(LABEL, "IntervalSchedule").objects.using(using)
    values = {"every": every_s, "period": "seconds"}
    return intervals.filter(**values).first() or intervals.bulk_create([intervals.model(**values)])[0]


def _remove(names: set[str], *, using: str) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute("DELETE FROM django_celery_beat_periodictask WHERE name = ANY(%s)", [list(names)])
        return int(cursor.rowcount)


def _tell_beat(using: str) -> None:
    """A beat that runs reads the tables again within five seconds."""
    changes = installed.get_model(LABEL, "PeriodicTasks").objects.using(using)
    changes.update_or_create(ident=1, defaults={"last_update": timezone.now()})
