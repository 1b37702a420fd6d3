from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from requests_app.models.clock import DatabaseClock
from requests_app.models.request import AIRequest


class RequestMove(models.Model):
    """One change of a request's status. The database writes it, in the transaction that makes the change."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(AIRequest, on_delete=models.PROTECT, related_name="moves")
    source = models.CharField(_("from"), max_length=16, blank=True)
    target = models.CharField(_("to"), max_length=16)
    attempt = models.PositiveIntegerField(_("attempt"))
    code = models.CharField(
        _("code"), max_length=50, blank=True, help_text=_("The error's code, or why it waits again.")
    )
    at = models.DateTimeField(_("at"), db_default=DatabaseClock())

    class Meta:
        verbose_name = _("move of a request")
        verbose_name_plural = _("moves of requests")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="insert_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.request_id} {self.source or '∅'} → {self.target}"
