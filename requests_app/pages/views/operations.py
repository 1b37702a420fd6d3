"""Operations: a checklist on which each row tests itself. Staff only; to others it is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from requests_app.pages.asking import PageRequest, for_page_parts
from requests_app.pages.operations import CHECKS, Row, look_at_all, summary_of
from requests_app.pages.phrases import operations_phrases

P = ParamSpec("P")


def for_staff(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = cast("HttpRequest", args[0]).user
        if not (user.is_authenticated and user.is_staff):
            raise Http404
        return view(*args, **kwargs)

    return guarded


@never_cache
@login_required
@for_staff
@require_safe
def operations(http: PageRequest) -> HttpResponse:
    """At once, with rows that look by themselves; ``?whole`` looks first, for browsers without scripts."""
    whole = "whole" in http.GET
    rows = look_at_all() if whole else [Row(check=check) for check in CHECKS.values()]
    context = {"rows": rows, "whole": whole, "summary": summary_of(rows), "phrases": operations_phrases()}
    return render(http, "requests_app/operations.html", context)


@never_cache
@for_page_parts
@for_staff
@require_safe
def operations_row(http: PageRequest, key: str) -> HttpResponse:
    if key not in CHECKS:
        raise Http404
    return render(http, "requests_app/operations_row.html", {"row": CHECKS[key].look()})
