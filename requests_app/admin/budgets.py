"""What may this user or team spend, what is left of it, who changed that, and what holds the rest?"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import (
    BoundedPaginator,
    LargeTableAdmin,
    LookOnlyAdmin,
    LookOnlyInline,
    link,
    list_of,
    page_of,
    table,
)
from accounts.models import Team, User
from requests_app.admin.historic import HistoricAdmin
from requests_app.budgets import budgets_of, state_now, state_of, with_windows, worded
from requests_app.models import AIRequest, BudgetHold, BudgetWindow, HoldShare, TokenBudget

IDENTITY = ("user", "team", "measure", "period")  # what is used is counted in the measure, and per period


def budgets_of_person(person: User) -> SafeString:
    """Their own and their teams': all must have room for what they send."""
    return _budgets_table(budgets_of(person), query=f"user__id__exact={person.pk}", add=f"user={person.pk}")


def budgets_of_team(team: Team) -> SafeString:
    found = with_windows(TokenBudget.objects.filter(team=team)).order_by("created", "id")
    return _budgets_table(found, query=f"team__id__exact={team.pk}", add=f"team={team.pk}")


def _budgets_table(budgets: Iterable[TokenBudget], *, query: str, add: str) -> SafeString:
    rows = [[_page_of(budget), *_figures(budget)] for budget in budgets]
    notes = [
        list_of(TokenBudget, query, _("Their own budgets")),
        link(f"{reverse('admin:requests_app_tokenbudget_add')}?{add}", _("Give them a budget")),
    ]
    return table([_("Budget"), _("Limit"), _("Used"), _("Held"), _("Left"), _("Until")], rows, notes=notes)


def _page_of(budget: TokenBudget) -> SafeString | str:
    if budget._state.adding:
        return _("default of this installation")
    return page_of(TokenBudget, budget.pk, budget)


def _figures(budget: TokenBudget) -> list[object]:
    state = state_now(budget)
    amounts = (state.used, state.held)
    return [
        _limit(state.limit, state.measure),
        *(worded(amount, state.measure) for amount in amounts),
        _limit(state.remaining, state.measure),
        state.resets_at,
    ]


def _limit(amount: Decimal | None, measure: str) -> str:
    return _("no limit") if amount is None else worded(amount, measure)


@admin.register(TokenBudget)
class BudgetAdmin(HistoricAdmin[TokenBudget]):
    """Never deleted: what was used stays with it. Without a limit it stops nobody."""

    list_display = ["__str__", "limit_now", "used", "held", "left", "timezone"]
    list_filter = ["measure", "period"]
    linked_by = ["user", "team"]
    search_fields = ["user__username", "team__name"]
    ordering = ["-created"]
    autocomplete_fields = ["user", "team"]
    fields = [*IDENTITY, "limit", "timezone"]
    figures = ("limit_now", "used", "held", "left", "until", "periods")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TokenBudget]:
        return with_windows(super().get_queryset(request))

    def get_fields(self, request: HttpRequest, obj: TokenBudget | None = None) -> list[Any]:
        return [*self.fields, *(self.figures if obj else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: TokenBudget | None = None) -> list[Any]:
        return [*IDENTITY, *self.figures] if obj else []

    def save_model(self, request: HttpRequest, obj: TokenBudget, form: Any, change: Any) -> None:
        """Budgets that a first request made have no history yet: what stood there before is its beginning."""
        if change and not TokenBudget.history.filter(id=obj.pk).exists():
            before = TokenBudget.objects.get(pk=obj.pk)
            TokenBudget.history.bulk_history_create([before], default_date=before.created)
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("limit now"))
    def limit_now(self, budget: TokenBudget) -> str:
        state = state_now(budget)
        return _limit(state.limit, state.measure)

    @admin.display(description=gettext_lazy("used"))
    def used(self, budget: TokenBudget) -> str:
        return worded(state_now(budget).used, budget.measure)

    @admin.display(description=gettext_lazy("held"))
    def held(self, budget: TokenBudget) -> str:
        return worded(state_now(budget).held, budget.measure)

    @admin.display(description=gettext_lazy("left"))
    def left(self, budget: TokenBudget) -> str:
        return _limit(state_now(budget).remaining, budget.measure)

    @admin.display(description=gettext_lazy("until"))
    def until(self, budget: TokenBudget) -> str:
        return localize(state_now(budget).resets_at)

    @admin.display(description=gettext_lazy("periods"))
    def periods(self, budget: TokenBudget) -> SafeString:
        return list_of(BudgetWindow, f"budget__id__exact={budget.pk}", _("All of them"))


@admin.register(BudgetWindow)
class WindowAdmin(LookOnlyAdmin[BudgetWindow]):
    list_display = ["budget", "starts", "ends", "limit", "used", "held", "announced", "mailed", "shares"]
    list_select_related = ["budget__user", "budget__team"]
    list_filter = ["budget__measure", "budget__period"]
    linked_by = ["budget"]
    search_fields = ["budget__user__username", "budget__team__name"]
    ordering = ["-ends"]
    paginator = BoundedPaginator

    @admin.display(description=gettext_lazy("limit"))
    def limit(self, window: BudgetWindow) -> str:
        return _limit(state_of(window).limit, window.budget.measure)

    @admin.display(description=gettext_lazy("holds"))
    def shares(self, window: BudgetWindow) -> SafeString:
        return list_of(HoldShare, f"window__id__exact={window.pk}", _("Holds"))


class SharesInline(LookOnlyInline[HoldShare, BudgetHold]):
    model = HoldShare
    fields = readonly_fields = ("window", "held", "used")

    def get_queryset(self, request: HttpRequest) -> QuerySet[HoldShare]:
        return super().get_queryset(request).select_related("window__budget__user", "window__budget__team")


@admin.register(BudgetHold)
class HoldAdmin(LargeTableAdmin[BudgetHold]):
    list_display = ["created", "state", "expires", "closed", "made_for"]
    list_filter = ["state"]
    fields = readonly_fields = ("made_for", "state", "created", "expires", "closed")
    search_fields = ["reference"]
    inlines = [SharesInline]

    @admin.display(description=gettext_lazy("request"))
    def made_for(self, hold: BudgetHold) -> SafeString:
        return page_of(AIRequest, hold.reference, str(hold.reference))


@admin.register(HoldShare)
class ShareAdmin(LargeTableAdmin[HoldShare]):
    list_display = ["hold", "window", "held", "used"]
    list_select_related = ["hold", "window__budget__user", "window__budget__team"]
    linked_by = ["window", "hold"]
    search_fields = ["hold__reference"]
    search_key = "hold"
    ordering = ["-hold"]  # by the request's id, whose UUIDs are in the order of time
