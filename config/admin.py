"""The tables of other people's apps in the admin's dress, its first page, and its history."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django_celery_beat import admin as beat
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from accounts.admin.base import UNFOLD, LintelAdmin, LookOnlyAdmin, LookOnlyInline

# Absent from the dashboard's place where unfold, which fills it, is.
admin.site.index_template = "requests_app/admin/index.html"
admin.site.unregister([Group, ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule])


@admin.register(Group)
class DressedGroupAdmin(GroupAdmin, LintelAdmin[Group]):
    pass


@admin.register(LogEntry)
class LogEntryAdmin(LookOnlyAdmin[LogEntry]):
    """Who did what here, and who looked at whose texts?"""

    list_display = ["action_time", "user", "content_type", "object_repr", "change_message"]
    list_select_related = ["user", "content_type"]
    search_fields = ["user__username"]
    ordering = ["-pk"]


class PeriodicTaskForm(beat.PeriodicTaskForm):  # type: ignore[misc]  # the library is untyped
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if UNFOLD:
            widgets = import_module("unfold.widgets")
            self.fields["task"].widget = widgets.UnfoldAdminTextInputWidget()
            self.fields["regtask"].widget.attrs["class"] = " ".join(widgets.SELECT_CLASSES)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, LintelAdmin[PeriodicTask]):  # type: ignore[misc]  # untyped
    """What runs by the clock, and when did it last?"""

    form = PeriodicTaskForm
    change_form_template = None  # theirs explains crontabs by an inline script, which the policy forbids


class TasksInline(LookOnlyInline[PeriodicTask, Any]):
    model = PeriodicTask
    fields = readonly_fields = ("name", "task", "enabled", "last_run_at")
    show_change_link = True


class ScheduleAdmin(LintelAdmin[Any]):
    inlines = [TasksInline]


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(ScheduleAdmin):
    list_display = ["__str__", "human_readable"]
    readonly_fields = ["human_readable"]


@admin.register(IntervalSchedule, SolarSchedule, ClockedSchedule)
class SimpleScheduleAdmin(ScheduleAdmin):
    pass
