"""One request: its page, the fragments that keep the page up to date, and its two buttons."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ai.errors import PromptError
from requests_app import intake
from requests_app.errors import PositionInvalid, RequestError
from requests_app.finding import PROMPT
from requests_app.models import AIRequest
from requests_app.pages.answers import answer_of
from requests_app.pages.asking import PageRequest, for_page_parts, named, own_request, sentence
from requests_app.pages.page import RequestPage
from requests_app.pages.phrases import phrases
from requests_app.pages.place import place_of
from requests_app.stream import Position


@never_cache
@login_required
@require_GET
def request_page(http: PageRequest, pk: UUID) -> HttpResponse:
    request = own_request(http, pk)
    if request.prompt_key == PROMPT:
        return redirect("search-found", pk)
    return render(http, "requests_app/request.html", {"page": _page(http, request), "phrases": phrases()})


@never_cache
@for_page_parts
@require_GET
def answer(http: PageRequest, pk: UUID) -> HttpResponse:
    """The sheet's content now, or as far as ``?until=``; 204 where that text is no longer to be had."""
    until = http.GET.get("until")
    try:
        found = answer_of(own_request(http, pk), until=Position.parse(until) if until else None)
    except PositionInvalid:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    if found is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(http, "requests_app/answer.html", {"answer": found})


@never_cache
@for_page_parts
@require_GET
def state(http: PageRequest, pk: UUID) -> HttpResponse:
    """Everything around the answer, as fragments that replace their predecessors."""
    return render(http, "requests_app/state.html", {"page": _page(http, own_request(http, pk))})


@never_cache
@for_page_parts
@require_GET
def waiting(http: PageRequest, pk: UUID) -> HttpResponse:
    """Why it waits and its place now; 204 once it does not."""
    place = place_of(own_request(http, pk))
    return HttpResponse(status=HTTPStatus.NO_CONTENT) if place is None else JsonResponse(place.said)


@login_required
@require_POST
def stop(http: PageRequest, pk: UUID) -> HttpResponse:
    return redirect("request", intake.cancel(own_request(http, pk)).pk)


@login_required
@require_POST
def retry(http: PageRequest, pk: UUID) -> HttpResponse:
    request = own_request(http, pk)
    try:
        accepted = intake.retry(request, named(http, {}))
    except (RequestError, PromptError) as problem:
        messages.error(http, sentence(problem))
        return redirect(f"{reverse('run')}?from={request.pk}")
    return redirect("request", accepted.request.pk)


def _page(http: PageRequest, request: AIRequest) -> RequestPage:
    return RequestPage(request, host=http.build_absolute_uri("/").rstrip("/"))
