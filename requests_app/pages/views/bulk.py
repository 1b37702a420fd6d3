"""Cancelling, deleting and restoring: what is chosen in History, or one request on its own page. Forms all of them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from requests_app.pages import bulk
from requests_app.pages.asking import PageRequest, own_request, uuids
from requests_app.pages.history import without_blanks
from requests_app.paging import PAGE


@login_required
@require_POST
def cancel_selected(http: PageRequest) -> HttpResponse:
    none = _("No request was chosen, so none was cancelled.")
    most = _("At most %(most)d requests can be cancelled at once, so none was cancelled.")
    if ids := _chosen(http, none=none, most=most):
        messages.success(http, bulk.cancel(http.user, ids).said)
    return _back(http)


@login_required
@require_POST
def delete_selected(http: PageRequest) -> HttpResponse:
    none = _("No request was chosen, so none was deleted.")
    most = _("At most %(most)d requests can be deleted at once, so none was deleted.")
    if ids := _chosen(http, none=none, most=most):
        _offer_undo(http, bulk.delete(http.user, ids))
    return _back(http)


@login_required
@require_POST
def delete(http: PageRequest, pk: UUID) -> HttpResponse:
    _offer_undo(http, bulk.delete(http.user, [own_request(http, pk).pk]))
    return redirect("history")


@login_required
@require_POST
def restore_selected(http: PageRequest) -> HttpResponse:
    none = _("No request was chosen, so none was restored.")
    most = _("At most %(most)d requests can be restored at once, so none was restored.")
    if ids := _chosen(http, none=none, most=most):
        messages.success(http, bulk.restore(http.user, ids))
    return _back(http)


def _chosen(http: PageRequest, *, none: str, most: str) -> list[UUID]:
    """The requests to act on; where there are none or too many, a message says so."""
    ids = uuids(http.POST.getlist("id"))
    if 0 < len(ids) <= PAGE:
        return ids
    messages.error(http, most % {"most": PAGE} if ids else none)
    return []


def _offer_undo(http: PageRequest, deleted: bulk.Deleted) -> None:
    """The message carries what its Undo button will name."""
    messages.success(http, deleted.said, extra_tags=" ".join(map(str, deleted.ids)))


def _back(http: PageRequest) -> HttpResponse:
    """To the list as it was filtered."""
    query = without_blanks(QueryDict(http.POST.get("query", ""))).urlencode()
    return redirect(f"{reverse('history')}?{query}".rstrip("?"))
