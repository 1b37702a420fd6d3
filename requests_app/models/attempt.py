from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from requests_app.models.clock import DatabaseClock
from requests_app.models.request import AIRequest, AttemptReason


class AIAttempt(models.Model):
    """One provider call: when, which model, how it ended. Its tokens and money stand in ai.LLMUsageLog.

    The row is committed before the call begins, so a call without a row cannot be; a row whose ``outcome`` is empty is
    a call under way, or one whose process died.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(AIRequest, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField(_("number"))
    reason = models.CharField(_("reason"), max_length=16, choices=AttemptReason.choices)
    provider = models.CharField(_("provider"), max_length=100)
    model = models.CharField(_("model"), max_length=200)
    outcome = models.CharField(_("outcome"), max_length=50, blank=True)
    passed_over = models.JSONField(
        _("passed over"),
        null=True,
        blank=True,
        help_text=_("Models before it that were not called: why, and in how many seconds each could be."),
    )
    started = models.DateTimeField(_("started"), db_default=DatabaseClock())
    closed = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["request", "number"]
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="attempt_number_once")]

    def __str__(self) -> str:
        return f"{self.request_id} #{self.number}"
