"""What users think of their answers, beside what produced them."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from requests_app.models.clock import DatabaseClock
from requests_app.models.request import AIRequest

# Whatever happens to ratings of a day that a report has counted has the report count again.
TELL_REPORT = """
UPDATE requests_app_qualityreport SET changes = changes + 1
WHERE starts <= CASE TG_OP WHEN 'DELETE' THEN OLD.created ELSE NEW.created END
    AND ends > CASE TG_OP WHEN 'DELETE' THEN OLD.created ELSE NEW.created END;
RETURN NULL;
"""
LONGEST_COMMENT = 2_000
LONGEST_TAG = 30
MOST_TAGS = 10


class Rating(models.IntegerChoices):
    UP = 1, _("good")
    DOWN = -1, _("not good")


class AIOutputFeedback(models.Model):
    """The rating of one answer by whoever asked for it.

    Prompt, model and route are copied, so that counting reads this table alone. ``created`` is the day that a rating
    counts for, however often it is changed later.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.OneToOneField(AIRequest, on_delete=models.PROTECT, related_name="feedback")
    rating = models.SmallIntegerField(_("rating"), choices=Rating.choices)
    comment = models.CharField(_("comment"), max_length=LONGEST_COMMENT, blank=True)
    tags = ArrayField(
        models.CharField(max_length=LONGEST_TAG), size=MOST_TAGS, default=list, blank=True, verbose_name=_("tags")
    )
    prompt_key = models.CharField(_("prompt"), max_length=100)
    prompt_version = models.CharField(_("prompt version"), max_length=50)
    model = models.CharField(_("model"), max_length=200)
    route = models.CharField(_("route"), max_length=100)
    created = models.DateTimeField(_("created"), db_default=DatabaseClock(), editable=False)
    changed = models.DateTimeField(_("changed"), db_default=DatabaseClock(), editable=False)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        indexes = [
            models.Index(fields=["prompt_key", "prompt_version", "created"], name="feedback_by_prompt"),
            models.Index(fields=["created"], name="feedback_by_day"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(rating__in=Rating.values), name="feedback_rating_known"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="report_counts_again",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("rating"),  # type: ignore[no-untyped-call]
                func=TELL_REPORT,
            )
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.rating:+d}"
