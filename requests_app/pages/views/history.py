"""History: the list, its live rows, cancelling in bulk, and CSV."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from requests_app.pages.asking import PageRequest, for_page_parts, for_whole_or_part, uuid_or_none
from requests_app.pages.export import csv_of
from requests_app.pages.history import Cancelled, History, cancel, rows_now, without_blanks
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
    rows = rows_now(http.user, _ids(http.GET.getlist("id"))[:PAGE])
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


@login_required
@require_POST
def cancel_selected(http: PageRequest) -> HttpResponse:
    chosen = _ids(http.POST.getlist("id"))
    if not chosen:
        messages.error(http, _("No request was chosen, so none was cancelled."))
    elif len(chosen) > PAGE:
        words = _("At most %(most)d requests can be cancelled at once, so none was cancelled.")
        messages.error(http, words % {"most": PAGE})
    else:
        messages.success(http, _said(cancel(http.user, chosen)))
    query = without_blanks(QueryDict(http.POST.get("query", ""))).urlencode()
    return redirect(f"{reverse('history')}?{query}".rstrip("?"))


def _history(http: PageRequest) -> History:
    return History(http.user, http.GET, host=http.build_absolute_uri("/").rstrip("/"))


def _page(http: PageRequest, found: History) -> HttpResponse:
    status = HTTPStatus.BAD_REQUEST if found.problems else HTTPStatus.OK
    return render(http, "requests_app/history.html", {"history": found}, status=status)


def _ids(texts: Iterable[str]) -> list[UUID]:
    return [found for text in texts if (found := uuid_or_none(text)) is not None]


def _said(outcome: Cancelled) -> str:
    """A sentence for each thing that happened."""
    counted = (
        (outcome.ended, ngettext("Cancelled one request.", "Cancelled %(count)s requests.", outcome.ended)),
        (
            outcome.stopping,
            ngettext("One that is running stops now.", "%(count)s that are running stop now.", outcome.stopping),
        ),
        (outcome.too_late, ngettext("One had ended already.", "%(count)s had ended already.", outcome.too_late)),
    )
    said = [words % {"count": count} for count, words in counted if count]
    return " ".join(said) or _("None of these requests is yours, so none was cancelled.")
