"""Who is in which team?"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import DressedInline, LintelAdmin, LookOnlyAdmin, LookOnlyInline
from accounts.models import Membership, Team, User


class TeamMembersInline(DressedInline[Membership, Team]):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


class PersonsTeamsInline(LookOnlyInline[Membership, User]):
    """A user's teams; who is in a team is said on the team's page."""

    model = Membership
    fields = ["team", "role"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("team", "user")


@admin.register(Team)
class TeamAdmin(LintelAdmin[Team]):
    list_display = ["name", "personal_of", "tier", "created"]
    list_filter = ["tier"]
    list_select_related = ["personal_of"]
    search_fields = ["name"]
    readonly_fields = ["personal_of"]
    inlines = [TeamMembersInline]

    def has_delete_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        return False  # requests and their costs keep pointing to a team


@admin.register(Membership)
class MembershipAdmin(LookOnlyAdmin[Membership]):
    """A list to search; it is changed on the team's page."""

    list_display = ["user", "team", "role", "created"]
    list_select_related = ["user", "team"]
    list_filter = ["role"]
    search_fields = ["user__username", "team__name"]
    ordering = ["-id"]
