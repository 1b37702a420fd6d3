"""What did they spend, and what is left for them? The pages of accounts, with what only this floor knows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin import PersonAdmin, TeamAdmin
from accounts.models import Team, User
from requests_app.admin.budgets import budgets_of_person, budgets_of_team
from requests_app.admin.spending import shares_of, spending_table

admin.site.unregister([User, Team])


@admin.register(User)
class SpendingPersonAdmin(PersonAdmin):
    readonly_fields = [*PersonAdmin.readonly_fields, "spending", "left"]
    fieldsets = [
        PersonAdmin.fieldsets[0],
        (_("Budgets"), {"fields": ["left"]}),
        (_("Spending"), {"fields": ["spending"]}),
        *PersonAdmin.fieldsets[1:],
    ]

    @admin.display(description=_("Left"))
    def left(self, person: User) -> SafeString:
        return budgets_of_person(person)

    @admin.display(description=_("Spending"))
    def spending(self, person: User) -> SafeString:
        return spending_table(shares_of(subject=person.pk), narrowed_to="user", key=person.pk)


@admin.register(Team)
class SpendingTeamAdmin(TeamAdmin):
    readonly_fields = [*TeamAdmin.readonly_fields, "spending", "left"]

    def get_fields(self, request: Any, obj: Team | None = None) -> list[Any]:
        return ["name", "personal_of", "left", "spending"] if obj else ["name"]

    @admin.display(description=_("Budgets"))
    def left(self, team: Team) -> SafeString:
        return budgets_of_team(team)

    @admin.display(description=_("Spending"))
    def spending(self, team: Team) -> SafeString:
        return spending_table(shares_of(scope=team.pk), narrowed_to="team", key=team.pk)
