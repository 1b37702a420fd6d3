"""History: the list, its live rows, and CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from requests_app.pages.asking import PageRequest, for_page_parts, for_whole_or_part, uuids
from requests_app.pages.export import csv_of
from requests_app.pages.history import History, rows_now
from requests_app.paging import PAGE


@never_cache
@for_whole_or_part
@require_safe
def history(http: PageRequest) -> HttpResponse:
    return _page(http, _history(http))


@never_cache
@for_page_parts
@require_safe
def history_rows(http: PageRequest) -> HttpResponse:
    """Some rows of the table as they are now."""
    rows = rows_now(http.user, uuids(http.GET.getlist("id"))[:PAGE])
    return render(http, "requests_app/history_rows.html", {"rows": rows})


@never_cache
@login_required
@require_safe
def history_csv(http: PageRequest) -> HttpResponseBase:
    found = _history(http)
    if found.problems:
        return _page(http, found)
    name = f"lintel-history-{datetime.now(UTC):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(csv_of(found.requests), content_type="text/csv; charset=utf-8", headers=headers)


def _history(http: PageRequest) -> History:
    return History(http.user, http.GET, host=http.build_absolute_uri("/").rstrip("/"))


def _page(http: PageRequest, found: History) -> HttpResponse:
    status = HTTPStatus.BAD_REQUEST if found.problems else HTTPStatus.OK
    return render(http, "requests_app/history.html", {"history": found}, status=status)
