"""What was spent: sums over the ledger in one query, where unknown is not zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Func, Q, QuerySet, Sum, TextField
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin.base import list_of, table
from ai.models import LLMUsageLog
from requests_app.models import AIRequest
from requests_app.pages.wording import dollars

MONTH = timedelta(days=30)
SPANS = ("today", "month")
SENT = F("input_tokens") + F("cache_read_tokens") + F("cache_write_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """``unknown`` counts calls whose price nobody knows; they are not in ``usd``."""

    calls: int = 0
    unknown: int = 0
    sent: int = 0
    received: int = 0
    usd: Decimal = Decimal(0)

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            calls=self.calls + other.calls,
            unknown=self.unknown + other.unknown,
            sent=self.sent + other.sent,
            received=self.received + other.received,
            usd=self.usd + other.usd,
        )

    @property
    def cost(self) -> str:
        if not self.unknown:
            return dollars(self.usd)
        calls = ngettext("unknown (%(count)d call)", "unknown (%(count)d calls)", self.unknown)
        unknown = calls % {"count": self.unknown}
        return f"{dollars(self.usd)} + {unknown}" if self.usd else unknown

    @property
    def tokens(self) -> str:
        return f"{self.sent:,} / {self.received:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one prompt spent on one model."""

    prompt_key: str
    model: str
    today: Spent
    month: Spent


def midnight() -> datetime:
    """When today began; days are UTC's, as budgets will be."""
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


def spent(rows: QuerySet[LLMUsageLog]) -> Spent:
    return _spent(rows.aggregate(**_sums("all", Q(pk__isnull=False))), "all")


def shares_of(*, subject: UUID | None = None, scope: UUID | None = None) -> list[Share]:
    """Of a user or of a team, the dearest first. Needs the index on subject or on scope."""
    whose = Q(subject=subject) if subject else Q(scope=scope)
    since = {"today": midnight(), "month": timezone.now() - MONTH}
    sums = {name: each for span in SPANS for name, each in _sums(span, Q(created__gte=since[span])).items()}
    rows = LLMUsageLog.objects.filter(whose, created__gte=since["month"])
    groups: Iterable[Any] = rows.values("prompt_key", "model").annotate(**sums).order_by(F("month_usd").desc())
    return [
        Share(prompt_key=row["prompt_key"], model=row["model"], **{span: _spent(row, span) for span in SPANS})
        for row in groups
    ]


def spending_table(shares: list[Share], *, narrowed_to: str, key: UUID) -> SafeString:
    """Today, 30 days, and by prompt and model, with ways to the requests and the calls behind them."""
    today, month = _total(share.today for share in shares), _total(share.month for share in shares)
    ledger = {"user": "subject", "team": "scope"}[narrowed_to]
    notes = [
        _("Today: %(cost)s in %(calls)d calls") % {"cost": today.cost, "calls": today.calls},
        _("30 days: %(cost)s in %(calls)d calls") % {"cost": month.cost, "calls": month.calls},
        list_of(AIRequest, f"{narrowed_to}__id__exact={key}", _("Their requests")),
        list_of(LLMUsageLog, f"{ledger}__exact={key}", _("Their usage records")),
    ]
    headers = [_("Prompt"), _("Model"), _("Today"), _("30 days"), _("Calls"), _("Tokens in / out")]
    rows = [
        [share.prompt_key, share.model, share.today.cost, share.month.cost, share.month.calls, share.month.tokens]
        for share in shares
    ]
    return table(headers, rows, notes=notes)


def _total(parts: Iterable[Spent]) -> Spent:
    return sum(parts, Spent())


def _sums(name: str, span: Q) -> dict[str, Any]:
    """A correction belongs to its call: calls are counted without it, unknown ones once."""
    call = Func("reference", "attempt", function="ROW", output_field=TextField())
    return {
        f"{name}_calls": Count("id", filter=span & Q(kind=LLMUsageLog.Kind.CALL)),
        f"{name}_unknown": Count(call, filter=span & Q(cost_usd=None), distinct=True),
        f"{name}_sent": Sum(SENT, filter=span, default=0),
        f"{name}_received": Sum("output_tokens", filter=span, default=0),
        f"{name}_usd": Sum("cost_usd", filter=span, default=Decimal(0)),
    }


def _spent(row: dict[str, Any], name: str) -> Spent:
    return Spent(**{field: row[f"{name}_{field}"] for field in ("calls", "unknown", "sent", "received", "usd")})
