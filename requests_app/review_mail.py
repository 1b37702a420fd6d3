"""Mail to those who may judge, about answers that are overdue: each is told once.

An item's row says whether it was told, and whoever marks it sends. Without a mail server nothing is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from requests_app.mail import sent, turned_on
from requests_app.models import AIReviewQueue
from requests_app.models.clock import DatabaseClock
from requests_app.models.review import MAY_JUDGE

MOST = 50  # items of one mail


def mail_overdue() -> int:
    """Tell what is overdue, in one mail; returns of how many. Safe anywhere, any number of times."""
    if not turned_on():
        return 0
    people = _addresses()
    items = _mark() if people else []
    if not items:
        return 0
    # Hidden from one another: it goes to everybody who may judge.
    if not sent(EmailMessage(_subject(items), _body(items), bcc=people), about="overdue reviews"):
        _unmark([item.pk for item in items])
        return 0
    return len(items)


def _mark() -> list[AIReviewQueue]:
    """Those that this mail is about; a twin passes over them."""
    late = AIReviewQueue.objects.overdue().filter(overdue_mailed=None, request__deleted_at=None).in_turn()
    with transaction.atomic():
        items = list(late.select_for_update(skip_locked=True, of=("self",)).select_related("request")[:MOST])
        AIReviewQueue.objects.filter(pk__in=[item.pk for item in items]).update(overdue_mailed=DatabaseClock())
    return items


def _unmark(ids: Sequence[UUID]) -> None:
    AIReviewQueue.objects.filter(pk__in=ids).update(overdue_mailed=None)


def _addresses() -> list[str]:
    people = User.objects.with_perm(MAY_JUDGE).exclude(email="").order_by("username")
    return [str(person.email) for person in people]


def _subject(items: Sequence[AIReviewQueue]) -> str:
    words = ngettext("An answer is overdue for review", "%(count)d answers are overdue for review", len(items))
    return words % {"count": len(items)}


def _body(items: Sequence[AIReviewQueue]) -> str:
    """No text, and nobody's name: what it is about stands in Review, for those who may judge it."""
    lines = "\n".join(f"  {_line(item)}" for item in items)
    return _("These wait for a verdict longer than they should:\n\n%(lines)s\n\nThey stand first in Review.\n") % {
        "lines": lines
    }


def _line(item: AIReviewQueue) -> str:
    facts = {
        "prompt": f"{item.request.prompt_key}@{item.request.prompt_version}",
        "due": f"{item.due.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "item": item.pk,
    }
    return _("%(prompt)s, due %(due)s (%(item)s)") % facts
