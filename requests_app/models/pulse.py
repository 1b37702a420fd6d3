from __future__ import annotations

from datetime import timedelta

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

BEAT = "beat"  # of beat and the jobs worker, each time that the one sends and the other runs a sweep
BEAT_SILENCE = timedelta(seconds=60)


class PulseQuerySet(models.QuerySet["Pulse"]):
    def beat(self, name: str, *, gap_s: float) -> None:
        """Record a sign of life; ``since`` starts anew after a silence of more than ``gap_s`` seconds."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO requests_app_pulse AS pulse (name, since, at)
                VALUES (%s, clock_timestamp(), clock_timestamp())
                ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at, since = CASE
                    WHEN pulse.at < EXCLUDED.at - make_interval(secs => %s) THEN EXCLUDED.at ELSE pulse.since END
                """,
                [name, gap_s],
            )


class Pulse(models.Model):
    """When something that leaves no other trace was last seen to work."""

    name = models.CharField(_("name"), max_length=50, primary_key=True)
    since = models.DateTimeField(_("since"))
    at = models.DateTimeField(_("at"))

    objects = PulseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pulse")
        verbose_name_plural = _("pulses")

    def __str__(self) -> str:
        return self.name
