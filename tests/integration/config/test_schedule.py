from __future__ import annotations

from dataclasses import replace

import pytest
from celery.schedules import schedule
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from config.celery import app
from config.schedule import DEFAULTS, Default, import_defaults

SWEEP = Default(name="sweep", task="tasks.sweep", every_s=15, expires_s=30)
REPORT = Default(name="report", task="tasks.report", every_s=3600, expires_s=600)

pytestmark = pytest.mark.django_db


def imported(*defaults: Default) -> None:
    import_defaults(defaults, using="default")


@pytest.fixture(autouse=True)
def sweep(db: None) -> PeriodicTask:
    PeriodicTask.objects.all().delete()
    imported(SWEEP)
    return PeriodicTask.objects.get(name="sweep")


def test_missing_default_is_inserted(sweep: PeriodicTask) -> None:
    assert sweep.schedule == schedule(15)
    assert (sweep.task, sweep.expire_seconds, sweep.enabled) == ("tasks.sweep", 30, True)
    sweep.full_clean()


def test_second_import_changes_nothing(sweep: PeriodicTask) -> None:
    told = PeriodicTasks.last_change()
    imported(SWEEP)
    assert PeriodicTasks.last_change() == told
    assert PeriodicTask.objects.get(name="sweep").date_changed == sweep.date_changed


@pytest.mark.parametrize("edit", [{"enabled": False}, {"expire_seconds": 5}, {"queue": "elsewhere"}])
def test_edit_stands_through_imports(sweep: PeriodicTask, edit: dict[str, object]) -> None:
    PeriodicTask.objects.filter(pk=sweep.pk).update(**edit)
    imported(replace(SWEEP, every_s=20))
    assert PeriodicTask.objects.filter(pk=sweep.pk, interval__every=15, **edit).exists()


def test_edited_interval_stands(sweep: PeriodicTask) -> None:
    IntervalSchedule.objects.update(every=40)
    imported(replace(SWEEP, every_s=20))
    assert PeriodicTask.objects.get(name="sweep").interval.every == 40


def test_untouched_row_follows_the_release_and_keeps_its_last_run(sweep: PeriodicTask) -> None:
    PeriodicTask.objects.update(last_run_at=sweep.date_changed, total_run_count=7)
    imported(replace(SWEEP, every_s=20))
    row = PeriodicTask.objects.get(name="sweep")
    assert (row.interval.every, row.total_run_count, row.last_run_at) == (20, 7, sweep.date_changed)


def test_new_default_appears_and_beat_is_told() -> None:
    told = PeriodicTasks.last_change()
    imported(SWEEP, REPORT)
    assert set(PeriodicTask.objects.values_list("name", flat=True)) == {"sweep", "report"}
    assert PeriodicTasks.last_change() > told


def test_removed_default_goes_unless_it_was_edited() -> None:
    imported(SWEEP, REPORT)
    PeriodicTask.objects.filter(name="report").update(enabled=False)
    imported()
    assert list(PeriodicTask.objects.values_list("name", flat=True)) == ["report"]


def test_entry_of_a_person_is_left_alone() -> None:
    interval = IntervalSchedule.objects.create(every=1, period="days")
    PeriodicTask.objects.create(name="mine", task="mine", interval=interval)
    imported(SWEEP)
    assert PeriodicTask.objects.filter(name="mine").exists()


def test_beat_finds_nothing_to_write_over_the_tables() -> None:
    """The DatabaseScheduler imports these two at each start, over whatever was edited."""
    assert not app.conf.beat_schedule
    assert not app.conf.result_expires


def test_every_default_is_a_task_of_ours() -> None:
    app.loader.import_default_modules()
    assert {default.task for default in DEFAULTS} <= set(app.tasks)
