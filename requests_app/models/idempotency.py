from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from requests_app.models.clock import DatabaseClock
from requests_app.models.request import AIRequest


class IdempotencyKey(models.Model):
    """A client's own name for one submission, kept for 24 hours in the commit that accepted it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("path"), max_length=200)
    key = models.CharField(_("key"), max_length=255)
    body_hash = models.CharField(_("body hash"), max_length=64)
    request = models.ForeignKey(AIRequest, on_delete=models.CASCADE, related_name="+")
    created = models.DateTimeField(_("created"), db_default=DatabaseClock(), db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["user", "method", "path", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
