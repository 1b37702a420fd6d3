"""What the user and their teams may spend, as a room of the account."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from requests_app.budgets import states
from requests_app.pages.allowance import Bar
from requests_app.pages.asking import PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The bars of one owner; ``team`` is empty for the user's own."""

    team: str
    bars: tuple[Bar, ...]


@never_cache
@login_required
@require_safe
def budgets(http: PageRequest) -> HttpResponse:
    found = sorted(states(http.user), key=lambda state: state.team or "")
    groups = [
        Group(team=team, bars=tuple(Bar(window=state) for state in windows))
        for team, windows in groupby(found, key=lambda state: state.team or "")
    ]
    return render(http, "requests_app/budgets.html", {"groups": groups})
