"""Mail to those whom a cost alert names: one for each rule and day, claimed by whoever moves its row on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.dispatch import receiver
from django.utils.translation import gettext as _

from requests_app.mail import one_line, sent, turned_on
from requests_app.models import CostAlertDay
from requests_app.models.clock import DatabaseClock
from requests_app.money import usd
from requests_app.signals import cost_reached
from requests_app.wake import wake_mail

NEWS_FOR = timedelta(days=2)


@receiver(cost_reached)
def _hint(**_facts: Any) -> None:
    if turned_on():
        wake_mail()


def mail_alerts() -> int:
    """Send what is due; returns how much. Safe anywhere, any number of times."""
    if not turned_on():
        return 0
    due = CostAlertDay.objects.filter(mailed=False, at__gt=DatabaseClock() - NEWS_FOR).exclude(alert__emails=[])
    return sum(map(_mail, due.select_related("alert__team")))


def _mail(reached: CostAlertDay) -> bool:
    row = CostAlertDay.objects.filter(pk=reached.pk)
    if not row.filter(mailed=False).update(mailed=True):
        return False
    message = EmailMessage(_subject(reached), _body(reached), to=reached.alert.emails)
    if not sent(message, about="a cost alert"):
        row.update(mailed=False)
        return False
    return True


def _subject(reached: CostAlertDay) -> str:
    sentence = _("Cost alert %(name)s: $%(limit)s a day reached") % {
        "name": reached.alert.name,
        "limit": usd(reached.limit_usd),
    }
    return one_line(sentence)


def _body(reached: CostAlertDay) -> str:
    alert = reached.alert
    facts = {
        "day": f"{reached.day:%Y-%m-%d}",
        "zone": settings.LINTEL_TIME_ZONE,
        "what": alert.prompt_key or _("all prompts"),
        "who": _("team %(team)s") % {"team": alert.team} if alert.team else _("everybody"),
        "cost": usd(reached.cost_usd),
        "limit": usd(reached.limit_usd),
    }
    return (
        _(
            "On %(day)s (%(zone)s) the known cost of %(what)s, for %(who)s, has reached $%(cost)s;"
            " the rule's limit is $%(limit)s.\n\n"
            "Nothing is stopped by this rule. It says so once a day.\n"
        )
        % facts
    )
