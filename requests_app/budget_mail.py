"""Mail to those whose budget is used by 80 or 100 percent: one for each window and step.

The window's row says what was announced and what was mailed, and whoever moves it on sends: a task is only a hint, and
beat's is the guarantee. Without a mail server nothing is marked and nothing sent.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.core.mail import EmailMessage
from django.db.models import F
from django.dispatch import receiver
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from requests_app.budgets import state_of, worded
from requests_app.mail import one_line, sent, turned_on
from requests_app.models import BudgetWindow, Period, TokenBudget
from requests_app.models.clock import DatabaseClock
from requests_app.signals import budget_reached
from requests_app.wake import wake_mail


@receiver(budget_reached)
def _hint(**_facts: Any) -> None:
    if turned_on():
        wake_mail()


def mail_due() -> int:
    """Send what is due; returns how much. Safe anywhere, any number of times."""
    if not turned_on():
        return 0
    due = BudgetWindow.objects.filter(announced__gt=F("mailed"), ends__gt=DatabaseClock())
    return sum(map(_mail, due.select_related("budget__user", "budget__team")))


def _mail(window: BudgetWindow) -> bool:
    row, step = BudgetWindow.objects.filter(pk=window.pk), window.announced
    if not row.filter(mailed=window.mailed).update(mailed=step):
        return False
    people = _addresses(window.budget)
    if not people:
        return False
    if not sent(EmailMessage(_subject(window), _body(window), to=people), about="a budget"):
        row.filter(mailed=step).update(mailed=window.mailed)
        return False
    return True


def _addresses(budget: TokenBudget) -> list[str]:
    """Of the user, or of the team's owners."""
    people = User.objects.filter(is_active=True).exclude(email="")
    if budget.team_id is None:
        people = people.filter(budgets=budget)
    else:
        people = people.filter(memberships__team=budget.team_id, memberships__role=Membership.Role.OWNER)
    return [str(person.email) for person in people.order_by("username")]


def _subject(window: BudgetWindow) -> str:
    team = window.budget.team
    facts = {"percent": window.announced, "period": Period(window.budget.period).label, "team": team}
    sentence = _("%(percent)d %% of your budget for the %(period)s are used")
    if team:
        sentence = _("%(percent)d %% of the budget of team %(team)s for the %(period)s are used")
    return one_line(sentence % facts)


def _body(window: BudgetWindow) -> str:
    state = state_of(window)
    facts = {
        "used": worded(state.used, state.measure),
        "limit": worded(state.limit, state.measure),
        "end": f"{state.resets_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
    }
    return (
        _(
            "%(used)s of %(limit)s are used.\n\n"
            "Requests that need more than is left are refused until %(end)s, when the next period begins.\n"
        )
        % facts
    )
