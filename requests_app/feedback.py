"""What users think of their answers, and what that says of prompts, models and routes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from ai.errors import Problem
from ai.quality import LEAST_RATINGS, Interval, wilson
from ai.storable import flaw
from requests_app.errors import NoAnswer, SubmissionInvalid
from requests_app.models import AIOutputFeedback, AIRequest, Rating, Status
from requests_app.models.clock import DatabaseClock
from requests_app.models.feedback import LONGEST_COMMENT, LONGEST_TAG, MOST_TAGS
from requests_app.signals import announce_feedback

TAG = re.compile(rf"\w[\w '-]{{0,{LONGEST_TAG - 1}}}")
CHANGEABLE = ["rating", "comment", "tags", "changed"]


class By(StrEnum):
    """What ratings are counted by."""

    PROMPT = "prompt"
    MODEL = "model"
    ROUTE = "route"


COLUMNS = {By.PROMPT: ["prompt_key", "prompt_version"], By.MODEL: ["model"], By.ROUTE: ["route"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Ratings under one name, ``key@version`` for a prompt. Too few say nothing: share and interval are None."""

    name: str
    up: int
    down: int
    approval: float | None
    interval: Interval | None


def give(request: AIRequest, *, rating: int, comment: str = "", tags: Sequence[str] = ()) -> AIOutputFeedback:
    """Rate an answer, or rate it anew: what is left out this time is gone. Raises NoAnswer, SubmissionInvalid."""
    if request.status != Status.DONE:
        raise NoAnswer(
            _("Only an answer can be rated, and this request is %(status)s.") % {"status": request.get_status_display()}
        )
    words = [tag.strip().lower() for tag in tags]  # as they are counted
    if problems := list(_problems(rating, comment, words)):
        raise SubmissionInvalid(problems)
    row = AIOutputFeedback(
        request=request,
        rating=rating,
        comment=comment,
        tags=list(dict.fromkeys(words)),
        prompt_key=request.prompt_key,
        prompt_version=request.prompt_version,
        model=request.model,
        route=request.template.route,
        changed=DatabaseClock(),
    )
    AIOutputFeedback.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["request"], update_fields=CHANGEABLE
    )
    given = AIOutputFeedback.objects.get(request=request)
    announce_feedback(request, given)
    return given


def take_back(request: AIRequest) -> bool:
    """As if it had never been rated; whether it was."""
    deleted, _rows = AIOutputFeedback.objects.filter(request=request).delete()
    return deleted > 0


def counts(
    by: By, *, since: datetime | None = None, until: datetime | None = None, least: int = LEAST_RATINGS
) -> list[Tally]:
    """Ratings first given from ``since`` to before ``until``, in the order of their names."""
    days = Q() if since is None else Q(created__gte=since)
    days &= Q() if until is None else Q(created__lt=until)
    columns = COLUMNS[by]
    rows = AIOutputFeedback.objects.filter(days).order_by(*columns).values_list(*columns)
    rated = rows.annotate(up=Count("pk", Q(rating=Rating.UP)), down=Count("pk", Q(rating=Rating.DOWN)))
    return [_tally("@".join(names), up, down, least=least) for *names, up, down in rated]


def _tally(name: str, up: int, down: int, *, least: int) -> Tally:
    ratings = up + down
    if ratings < max(least, 1):
        return Tally(name=name, up=up, down=down, approval=None, interval=None)
    return Tally(name=name, up=up, down=down, approval=up / ratings, interval=wilson(up, ratings))


def _problems(rating: int, comment: str, tags: list[str]) -> Iterator[Problem]:
    if rating not in Rating.values:
        yield Problem(pointer="/rating", detail=_("is 1 for a thumb up or -1 for a thumb down"))
    if len(comment) > LONGEST_COMMENT:
        yield Problem(
            pointer="/comment", detail=_("has at most %(most)s characters") % {"most": f"{LONGEST_COMMENT:,}"}
        )
    elif wrong := flaw((), comment):
        yield Problem(pointer="/comment", detail=wrong)
    if len(tags) > MOST_TAGS:
        yield Problem(pointer="/tags", detail=_("has at most %(most)d tags") % {"most": MOST_TAGS})
    for number, tag in enumerate(tags):
        if not TAG.fullmatch(tag):
            detail = _("is a short word: letters, digits, spaces, - and ', at most %(most)d") % {"most": LONGEST_TAG}
            yield Problem(pointer=f"/tags/{number}", detail=detail)
