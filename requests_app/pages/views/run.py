"""Run: choose a prompt, fill its form, send it. Everything works without JavaScript."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ai.errors import Problem, PromptError
from requests_app import intake
from requests_app.errors import BudgetExceeded, PriceUnknown, RequestError, SubmissionInvalid, TooMany
from requests_app.models import AIRequest
from requests_app.pages.allowance import allowance_of
from requests_app.pages.asking import PageRequest, for_page_parts, named, sentence, uuid_or_none
from requests_app.pages.chooser import Choice, answerer_of, choices, chosen, why_absent
from requests_app.pages.forms import PromptForm
from requests_app.pages.phrases import file_phrases
from requests_app.pages.recent import recent_rows
from requests_app.problems import PROBLEMS


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def run(http: PageRequest) -> HttpResponse:
    offered = choices()
    if http.method == "POST":
        return _submit(http, offered)
    earlier = _earlier(http)
    asked = earlier.prompt_key if earlier else http.GET.get("prompt", "")
    choice = chosen(offered, asked)
    if choice is None:
        return _page(http, offered, None, None)
    if asked and choice.key != asked:
        return _page(http, offered, choice, PromptForm.holding(choice.template, {}), absent=why_absent(asked))
    example = choice.template.example if "example" in http.GET else {}
    return _page(http, offered, choice, PromptForm.holding(choice.template, earlier.payload if earlier else example))


@never_cache
@for_page_parts
@require_GET
def recent(http: PageRequest) -> HttpResponse:
    """The list of last requests, fetched again while one of them runs."""
    return render(http, "requests_app/recent.html", _recent(http))


@never_cache
@require_POST
def allowance(http: PageRequest) -> HttpResponse:
    """What the form's content may need and what is left. Whoever is logged out meanwhile keeps page and text."""
    choice = next((choice for choice in choices() if choice.key == http.POST.get("prompt")), None)
    if choice is None or not http.user.is_authenticated:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    form = PromptForm.sent(choice.template, http.POST.dict())
    return render(
        http, "requests_app/allowance.html", {"allowance": allowance_of(http.user, _submission(choice, form))}
    )


def _submission(choice: Choice, form: PromptForm) -> intake.Submission:
    return intake.Submission(prompt_key=choice.key, payload=form.payload)


def _submit(http: PageRequest, offered: list[Choice]) -> HttpResponse:
    choice = next((choice for choice in offered if choice.key == http.POST.get("prompt")), None)
    if choice is None:
        messages.error(http, _("That prompt is not there any more."))
        return redirect("run")
    form = PromptForm.sent(choice.template, http.POST.dict())
    submission = _submission(choice, form)
    body = {"prompt_key": submission.prompt_key, "payload": submission.payload}
    try:
        accepted = intake.accept(http.user, submission, named(http, body))
    except SubmissionInvalid as refusal:
        return _page(http, offered, choice, form.refused(refusal.problems))
    except (RequestError, PromptError) as problem:
        page = _page(http, offered, choice, form.refused([Problem(pointer="", detail=sentence(problem))]))
        return _with_status(page, problem)
    return redirect("request", accepted.request.pk)


def _with_status(page: HttpResponse, problem: Exception) -> HttpResponse:
    """As the API says it."""
    if isinstance(problem, BudgetExceeded | PriceUnknown | TooMany):
        page.status_code = PROBLEMS[problem.code][0]
    if isinstance(problem, TooMany):
        page["Retry-After"] = str(problem.wait_s)
    return page


def _earlier(http: PageRequest) -> AIRequest | None:
    """The request to start from, where the caller has one with that id."""
    earlier = uuid_or_none(http.GET.get("from", ""))
    if earlier is None:
        return None
    return AIRequest.objects.owned_by(http.user).filter(pk=earlier).first()


def _page(
    http: PageRequest, offered: list[Choice], choice: Choice | None, form: PromptForm | None, *, absent: str = ""
) -> HttpResponse:
    query = http.GET.get("q", "")
    context = {
        "choices": [each for each in offered if each.has(query)],
        "query": query,
        "choice": choice,
        "absent": absent,
        "form": form,
        "file_phrases": file_phrases(),
        "allowance": allowance_of(http.user, _submission(choice, form)) if choice and form else None,
        "answerer": answerer_of(choice.template, http.user) if choice else None,
        **_recent(http),
    }
    status = HTTPStatus.BAD_REQUEST if form and form.headline else HTTPStatus.OK
    return render(http, "requests_app/run.html", context, status=status)


def _recent(http: PageRequest) -> dict[str, Any]:
    rows = recent_rows(http.user)
    return {"recent": rows, "recent_running": any(row.unfinished for row in rows)}
