"""Cost: the page, and its table as CSV."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from requests_app.pages.asking import PageRequest
from requests_app.pages.cost import CostPage, whose_of
from requests_app.pages.forecasts import outlooks


@never_cache
@login_required
@require_safe
def cost(http: PageRequest) -> HttpResponse:
    return _page(http, _cost(http))


@never_cache
@login_required
@require_safe
def cost_csv(http: PageRequest) -> HttpResponse:
    found = _cost(http)
    if found.problems:
        return _page(http, found)
    headers = {"Content-Disposition": f'attachment; filename="{found.file_name}"'}
    return HttpResponse("".join(found.csv()), content_type="text/csv; charset=utf-8", headers=headers)


def _cost(http: PageRequest) -> CostPage:
    query = http.GET.dict()
    whose = whose_of(http.user, query)
    if whose is None:
        raise Http404
    return CostPage(http.user, query, whose=whose, host=http.build_absolute_uri("/").rstrip("/"))


def _page(http: PageRequest, found: CostPage) -> HttpResponse:
    if found.problems:
        return render(http, "requests_app/cost.html", {"cost": found}, status=HTTPStatus.BAD_REQUEST)
    return render(http, "requests_app/cost.html", {"cost": found, "outlooks": outlooks(http.user, found.whose)})
