"""Search: a form, and a page of its own for what each search has found. Everything works without JavaScript."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from ai.errors import PromptError
from requests_app import intake
from requests_app.errors import RequestError, SubmissionInvalid
from requests_app.pages.asking import PageRequest, for_page_parts, named, own_request, sentence
from requests_app.pages.search import SearchForm, SearchPage, page_of
from requests_app.problems import PROBLEMS


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def search(http: PageRequest) -> HttpResponse:
    if http.method != "POST":
        return _form(http, SearchForm.asked(http.GET))
    form = SearchForm(http.POST)
    if not form.is_valid():
        return _form(http, form, status=HTTPStatus.BAD_REQUEST)
    submission = form.submission()
    try:
        accepted = intake.accept(http.user, submission, named(http, dict(submission.payload)))
    except SubmissionInvalid as refusal:
        return _form(http, form.refused(refusal.problems), status=HTTPStatus.BAD_REQUEST)
    except (RequestError, PromptError) as problem:
        form.add_error(None, sentence(problem))
        return _form(http, form, status=PROBLEMS[getattr(problem, "code", "internal_error")][0])
    return redirect("search-found", accepted.request.pk)


@never_cache
@login_required
@require_GET
def search_found(http: PageRequest, pk: UUID) -> HttpResponse:
    page = _found(http, pk)
    return render(http, "requests_app/search.html", {"page": page, "form": page.form, "token": page.token})


@never_cache
@for_page_parts
@require_GET
def search_list(http: PageRequest, pk: UUID) -> HttpResponse:
    """What has been found by now, for a page that waits for it."""
    return render(http, "requests_app/search_found.html", {"page": _found(http, pk)})


def _found(http: PageRequest, pk: UUID) -> SearchPage:
    page = page_of(own_request(http, pk), host=http.build_absolute_uri("/").rstrip("/"))
    if page is None:
        raise Http404
    return page


def _form(http: PageRequest, form: SearchForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return render(http, "requests_app/search.html", {"form": form, "token": uuid4()}, status=status)
