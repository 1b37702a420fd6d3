"""Answers that a person has to judge, and everything that reviewers do to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from requests_app.models.clock import DatabaseClock
from requests_app.models.request import AIRequest

if TYPE_CHECKING:
    from accounts.models import User

MAY_JUDGE = "requests_app.decide_review"
LONGEST_NOTE = 500
URGENT = 90  # the priority from where on an answer is due sooner


def due_s(priority: int) -> float:
    """Within how many seconds an answer wants its verdict."""
    seconds = settings.LINTEL_REVIEW_HOURS * 3600
    return seconds / 4 if priority >= URGENT else seconds


class ReviewKind(models.TextChoices):
    GATE = "gate", _("kept back until it is approved")
    AUDIT = "audit", _("delivered, to be looked at")


class ReviewVerdict(models.TextChoices):
    NONE = "", _("none yet")
    APPROVED = "approved", _("approved")
    EDITED = "edited", _("edited and approved")
    REJECTED = "rejected", _("rejected")


class ReviewStep(models.TextChoices):
    QUEUED = "queued", _("queued")
    CLAIMED = "claimed", _("taken")
    RELEASED = "released", _("given back")
    ESCALATED = "escalated", _("escalated")
    DECIDED = "decided", _("decided")
    UNDONE = "undone", _("taken back")
    DELIVERED = "delivered", _("carried out")
    WITHDRAWN = "withdrawn", _("withdrawn")


class AIReviewQueueQuerySet(models.QuerySet["AIReviewQueue"]):
    def open(self) -> AIReviewQueueQuerySet:
        """Waiting for a verdict."""
        return self.filter(closed=None, verdict=ReviewVerdict.NONE)

    def decidable_by(self, person: User) -> AIReviewQueueQuerySet:
        """Nobody judges what they have asked themselves, or what its asker has deleted."""
        return self.filter(request__deleted_at=None).exclude(request__user=person)

    def free_for(self, person: User) -> AIReviewQueueQuerySet:
        """In nobody else's hands: a lock that has expired binds nobody."""
        return self.filter(Q(claimed_by=None) | Q(claimed_by=person) | Q(claimed_until__lte=DatabaseClock()))

    def held_by(self, person: User) -> AIReviewQueueQuerySet:
        return self.filter(claimed_by=person, claimed_until__gt=DatabaseClock())

    def taken_back_by(self, person: User) -> AIReviewQueueQuerySet:
        """Decided by this person, and not carried out yet."""
        return self.filter(closed=None, decided_by=person, effective_at__gt=DatabaseClock()).exclude(verdict="")

    def effective(self) -> AIReviewQueueQuerySet:
        """Decided, and nobody can take it back any more."""
        return self.filter(closed=None, effective_at__lte=DatabaseClock()).exclude(verdict="")

    def overdue(self) -> AIReviewQueueQuerySet:
        return self.open().filter(due__lte=DatabaseClock())

    def in_turn(self) -> AIReviewQueueQuerySet:
        return self.order_by("-priority", "due", "id")


class AIReviewQueue(models.Model):
    """One answer for people to judge. ``text`` is the model's, ``edited_text`` what a reviewer made of it.

    A verdict takes effect at ``effective_at``; until then whoever gave it may take it back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.OneToOneField(AIRequest, on_delete=models.PROTECT, related_name="review")
    kind = models.CharField(_("kind"), max_length=8, choices=ReviewKind.choices)
    reasons = models.JSONField(_("reasons"), help_text=_("Codes, with the numbers that were compared."))
    priority = models.PositiveSmallIntegerField(_("priority"))
    due = models.DateTimeField(_("due"))
    text = models.TextField(_("answer"), blank=True)
    output = models.JSONField(_("structured output"), null=True, blank=True)
    repaired = models.BooleanField(_("repaired"), default=False)

    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    escalated = models.BooleanField(_("escalated"), default=False)
    overdue_told = models.DateTimeField(_("overdue announced"), null=True, blank=True, editable=False)
    overdue_mailed = models.DateTimeField(_("overdue mailed"), null=True, blank=True, editable=False)

    verdict = models.CharField(
        _("verdict"), max_length=8, choices=ReviewVerdict.choices, default=ReviewVerdict.NONE, blank=True
    )
    note = models.TextField(_("note"), blank=True)
    edited_text = models.TextField(_("edited answer"), blank=True)
    edited_output = models.JSONField(_("edited structured output"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="reviews"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    effective_at = models.DateTimeField(_("takes effect"), null=True, blank=True)

    created = models.DateTimeField(_("created"), db_default=DatabaseClock(), editable=False)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = AIReviewQueueQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("review queue")
        permissions = [("decide_review", "Can read and judge answers that are held for review")]
        indexes = [
            models.Index(F("priority").desc(), "due", "id", name="review_turns", condition=Q(closed=None, verdict="")),
            models.Index(
                fields=["effective_at"], name="review_effective", condition=Q(closed=None, effective_at__isnull=False)
            ),
            models.Index(fields=["created"], name="review_by_day"),
            models.Index(fields=["closed"], name="review_by_end", condition=Q(closed__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="", decided_by=None, decided_at=None, effective_at=None)
                | (~Q(verdict="") & Q(decided_by__isnull=False, decided_at__isnull=False, effective_at__isnull=False)),
                name="review_verdict_has_its_judge",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}"

    @property
    def final_text(self) -> str:
        """What is delivered when it is approved."""
        return self.edited_text if self.verdict == ReviewVerdict.EDITED else self.text


class ReviewAction(models.Model):
    """One step of a review, written with what it does. ``person`` is empty where the product did it."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(AIReviewQueue, on_delete=models.PROTECT, related_name="actions")
    step = models.CharField(_("step"), max_length=16, choices=ReviewStep.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verdict = models.CharField(_("verdict"), max_length=8, choices=ReviewVerdict.choices, blank=True)
    note = models.TextField(_("note"), blank=True)
    at = models.DateTimeField(_("at"), db_default=DatabaseClock())

    class Meta:
        verbose_name = _("step of a review")
        verbose_name_plural = _("steps of reviews")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="insert_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.item_id} {self.step}"
