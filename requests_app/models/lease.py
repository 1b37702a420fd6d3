from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from requests_app.models.clock import DatabaseClock, seconds_from_now


class WorkerLeaseQuerySet(models.QuerySet["WorkerLease"]):
    def renew(self, lease: WorkerLease, seconds: float) -> bool:
        """Put the expiry off. False where a sweep has taken the lease: whoever held it must stop."""
        return bool(self.filter(pk=lease.pk).update(expires_at=seconds_from_now(seconds)))

    def live(self) -> WorkerLeaseQuerySet:
        return self.filter(expires_at__gt=DatabaseClock())

    def expired(self) -> WorkerLeaseQuerySet:
        return self.filter(expires_at__lte=DatabaseClock())


class WorkerLease(models.Model):
    """A worker process's right to the requests that name it.

    The row is the right: it is lost when, and only when, a sweep deletes it after its expiry.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process id"))
    started = models.DateTimeField(_("started"), db_default=DatabaseClock())
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    objects = WorkerLeaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("worker lease")
        verbose_name_plural = _("worker leases")

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
