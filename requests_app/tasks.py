"""Thin doors: a task takes ids, makes one call, and ends."""

from __future__ import annotations

from celery import shared_task

from requests_app.alert_mail import mail_alerts
from requests_app.budget_mail import mail_due
from requests_app.models.pulse import BEAT, BEAT_SILENCE, Pulse
from requests_app.reports import making, sending
from requests_app.review_mail import mail_overdue
from requests_app.rollover import roll_over
from requests_app.sweep import sweep
from requests_app.tally import count_all
from requests_app.wake import COUNT_TASK, MAIL_TASK, REPORT_TASK, RESET_TASK, REVIEW_MAIL_TASK, SWEEP_TASK, TASK
from requests_app.worker import this_worker


@shared_task(name=TASK)
def run_ai_request(request_id: str = "", v: int = 1) -> None:
    """There is work: run the next request, whichever it is. The id is a hint for people who read queues."""
    del request_id, v
    this_worker().run_next()


@shared_task(name=SWEEP_TASK)
def sweep_requests() -> None:
    """Sent by beat; having run at all proves beat and the jobs worker alive."""
    Pulse.objects.beat(BEAT, gap_s=BEAT_SILENCE.total_seconds())
    sweep()


@shared_task(name=MAIL_TASK)
def mail_budgets() -> None:
    """Sent when a budget or a cost alert is reached, and by beat for what was not sent then."""
    mail_due()
    mail_alerts()


@shared_task(name=REVIEW_MAIL_TASK)
def mail_overdue_reviews() -> None:
    """Sent by beat."""
    mail_overdue()


@shared_task(name=RESET_TASK)
def reset_daily_token_budgets() -> None:
    """Sent by beat. Budgets do without: each window begins at nothing anyhow."""
    roll_over()


@shared_task(name=REPORT_TASK)
def ai_quality_report() -> None:
    """Sent by beat, all day: one report a day comes of it, and the figures of today."""
    making.make_due()
    sending.mail_due()


@shared_task(name=COUNT_TASK)
def count_usage() -> None:
    """Sent by beat, for what is more than keepers count beside their other duties."""
    count_all()
