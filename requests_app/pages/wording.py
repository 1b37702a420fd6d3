"""How figures and codes read on a page."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai.failures import FAILURES as CORE_FAILURES

# One sentence for each code of the closed list.
FAILURES: dict[str, str | Promise] = {
    **CORE_FAILURES,
    "worker_lost": gettext_lazy("Its workers were lost too often."),
    "rejected": gettext_lazy("A reviewer rejected the answer."),
    "budget_exceeded": gettext_lazy("The budget had no room for a further call."),
}
# How one call ended, where that is said otherwise than of the whole request.
CALL_ENDS: dict[str, str | Promise] = {
    "provider_unavailable": gettext_lazy("It did not answer, or not to the end."),
    "cancelled": gettext_lazy("Stopped."),
    "lost": gettext_lazy("Its worker was lost."),
    "worker_lost": gettext_lazy("Its worker was lost."),
    "handed_over": gettext_lazy("Its worker was shut down."),
}

SMALLEST = Decimal("0.000001")


def failure(code: str) -> str:
    return str(FAILURES.get(code, code))


def call_end(outcome: str) -> str:
    return str(CALL_ENDS.get(outcome) or failure(outcome))


def title_of(prompt_key: str) -> str:
    """``document_summary`` as "Document summary"."""
    return prompt_key.replace("_", " ").strip().capitalize()


def ago(moment: datetime) -> str:
    if timezone.now() - moment < timedelta(minutes=1):
        return _("just now")
    return _("%(age)s ago") % {"age": timesince(moment, depth=1)}


def seconds(span: timedelta) -> str:
    """``0.21 s``, ``4.8 s``, ``2 min 5 s``."""
    total = max(span.total_seconds(), 0.0)
    if total < 1:
        return f"{total:.2f} s"
    if total < 59.95:
        return f"{total:.1f} s"
    minutes, rest = divmod(round(total), 60)
    return f"{minutes} min {rest} s"


def dollars(amount: Decimal) -> str:
    """At least cents, at most the six digits that a token's price has; never zero for what is not."""
    if 0 < amount < SMALLEST:
        return f"<${SMALLEST}"
    whole, _point, digits = f"{amount:.6f}".partition(".")
    return f"${whole}.{digits.rstrip('0').ljust(2, '0')}"
