"""Operations: a checklist on which each row tests itself. Staff only; to others it is not there."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from requests_app.pages.asking import PageRequest, for_page_parts, there_for
from requests_app.pages.operations import CHECKS, Row, look_at_all, summary_of
from requests_app.pages.phrases import operations_phrases

for_staff = there_for(lambda user: user.is_staff)


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
