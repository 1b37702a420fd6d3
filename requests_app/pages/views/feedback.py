"""The thumbs below an answer, and the words beside them. Forms, of which htmx fetches only what has changed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from requests_app import feedback as rating
from requests_app.errors import RequestError
from requests_app.models import AIOutputFeedback, AIRequest
from requests_app.pages.asking import PageRequest, for_whole_or_part, own_request, sentence
from requests_app.pages.feedback import Feedback, feedback_of, tags_of


@for_whole_or_part
@require_POST
def feedback(http: PageRequest, pk: UUID) -> HttpResponse:
    request = own_request(http, pk)
    try:
        said = _carry_out(http, request)
    except RequestError as problem:
        return _refused(http, request, sentence(problem))
    return _answer(http, request, feedback_of(request, said=said))


def _carry_out(http: PageRequest, request: AIRequest) -> str:
    if "take_back" in http.POST:
        rating.take_back(request)
        return _("Taken back.")
    comment, tags = _words(http, request)
    rating.give(request, rating=_rating(http), comment=comment, tags=tags)
    return _("Saved. Thank you.")


def _rating(http: PageRequest) -> int:
    """0 is none, and refused as such."""
    return {"1": 1, "-1": -1}.get(http.POST.get("rating", ""), 0)


def _words(http: PageRequest, request: AIRequest) -> tuple[str, list[str]]:
    """What was sent; without scripts a thumb sends no words, and those that are stored stay."""
    if "comment" in http.POST:
        return http.POST["comment"].replace("\r\n", "\n").strip(), http.POST.getlist("tags")
    given = AIOutputFeedback.objects.filter(request=request).first()
    return (given.comment, given.tags) if given else ("", [])


def _refused(http: PageRequest, request: AIRequest, why: str) -> HttpResponse:
    """With what was typed, where the page stays."""
    if not _fetched(http):
        messages.error(http, why)
    comment, tags = _words(http, request)
    chosen = _rating(http)
    return _answer(http, request, Feedback(rating=chosen, comment=comment, tags=tags_of(chosen, tags), error=why))


def _answer(http: PageRequest, request: AIRequest, shown: Feedback | None) -> HttpResponse:
    if _fetched(http):
        return render(http, "requests_app/feedback_form.html", {"request_id": request.pk, "feedback": shown})
    return redirect(f"{reverse('request', args=[request.pk])}#feedback")


def _fetched(http: PageRequest) -> bool:
    return "HX-Request" in http.headers
