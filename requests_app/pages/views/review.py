"""Review: the list, one answer, and its buttons. To those without the right it is not there."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from requests_app import review as reviewing
from requests_app.errors import NotReviewable, ReviewInvalid
from requests_app.golden import golden_case
from requests_app.models import AIReviewQueue
from requests_app.models.review import MAY_JUDGE
from requests_app.pages.asking import PageRequest, for_whole_or_part, there_for, uuid_or_none
from requests_app.pages.reviews import Draft, Queue, ReviewPage, item_for
from requests_app.pages.verdicts import STEPS, Said

SAID = {
    "give_back": gettext_lazy("Given back."),
    "escalate": gettext_lazy("Escalated. It now stands before all others, for somebody else."),
}
for_reviewers = there_for(lambda user: user.has_perm(MAY_JUDGE))


@never_cache
@for_whole_or_part
@for_reviewers
@require_http_methods(["GET", "HEAD", "POST"])
def reviews(http: PageRequest) -> HttpResponse:
    """The list; a POST takes the most urgent."""
    if http.method != "POST":
        return render(http, "requests_app/reviews.html", {"queue": Queue(http.user)})
    taken = reviewing.take_next(http.user)
    if taken is None:
        messages.info(http, _("Nothing is left that you could take."))
    return _on(taken.pk if taken else None)


@never_cache
@login_required
@for_reviewers
@require_http_methods(["GET", "HEAD", "POST"])
def review(http: PageRequest, pk: UUID) -> HttpResponse:
    item = get_object_or_404(item_for(http.user), pk=pk)
    return _step(http, item) if http.method == "POST" else _page(http, item, Draft())


@never_cache
@login_required
@for_reviewers
@require_safe
def golden(http: PageRequest, pk: UUID) -> HttpResponse:
    """What was approved as a file to put beside its prompt."""
    case = golden_case(get_object_or_404(item_for(http.user), pk=pk))
    if case is None:
        raise Http404
    name = case.path.replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(f"# {case.path}\n{case.as_yaml()}", content_type="application/yaml", headers=headers)


def _step(http: PageRequest, item: AIReviewQueue) -> HttpResponse:
    name = http.POST.get("step", "")
    if name not in STEPS:
        return HttpResponseBadRequest()
    note, text = http.POST.get("note", "").replace("\0", ""), http.POST.get("text", "")
    said = Said(note=note, text=text, leave=uuid_or_none(http.POST.get("leave", "")))
    try:
        further = STEPS[name](http.user, item, said)
    except ReviewInvalid as problem:
        draft = Draft(step=name, note=note, text=text if name == "edit" else None, problem=str(problem))
        return _page(http, item, draft, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotReviewable as problem:
        late = _("It is too late: this verdict has been carried out.")
        messages.error(http, late if name == "undo" else str(problem))
        return _on(item.pk)
    if name in SAID:
        messages.success(http, SAID[name])
    return _undone(http, item) if name == "undo" else _on(further)


def _undone(http: PageRequest, item: AIReviewQueue) -> HttpResponse:
    """What was typed for the verdict stands there again."""
    step = {"edited": "edit", "rejected": "reject"}.get(item.verdict, "")
    draft = Draft(step=step, note=item.note, text=item.edited_text if step == "edit" else None)
    return _page(http, item_for(http.user).get(pk=item.pk), draft)


def _on(item_id: UUID | None) -> HttpResponse:
    return redirect("review", item_id) if item_id else redirect("reviews")


def _page(http: PageRequest, item: AIReviewQueue, draft: Draft, *, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    page = ReviewPage(item, http.user, draft=draft)
    return render(http, "requests_app/review.html", {"page": page}, status=status)
