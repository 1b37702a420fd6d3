"""Amounts on a page of sums: cents are enough from a dollar on, and what is not known is said."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from requests_app.pages.wording import dollars
from requests_app.usage import Sums

CENT, FINE = Decimal("0.01"), Decimal("0.0001")


def amount(usd: Decimal) -> str:
    if abs(usd) >= 1:
        return f"${usd:,.2f}"
    return dollars(usd.quantize(FINE) if usd >= CENT else usd)


def cost(sums: Sums) -> str:
    if sums.cost is None:
        return _("unknown")
    if sums.complete:
        return amount(sums.cost)
    return _("at least %(cost)s") % {"cost": amount(sums.cost)}


def unpriced(sums: Sums) -> str:
    """What the cost leaves out, in words; empty where it leaves out nothing."""
    if sums.complete:
        return ""
    if sums.unpriced_calls == 1:
        return _("1 call without a known price")
    return _("%(count)s calls without a known price") % {"count": f"{sums.unpriced_calls:,}"}


def saved(sums: Sums) -> str:
    if sums.saved is None:
        return _("unknown")
    if not sums.unpriced_served_again:
        return amount(sums.saved)
    return _("at least %(cost)s") % {"cost": amount(sums.saved)}


def short(count: int) -> str:
    """``812``, ``4.1 k``, ``12.3 M``."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if abs(count) >= size:
            return f"{count / (1000 if unit == 'k' else size):.1f} {unit}"
    return f"{count:,}"


def percent(share: Decimal | None) -> str:
    return "-" if share is None else f"{share:.0f} %"
