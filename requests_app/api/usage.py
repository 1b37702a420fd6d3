"""Usage as programs read it: sums of days, by one thing or another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError

from accounts.models import User
from requests_app import usage
from requests_app.api.budget import amount
from requests_app.api.serializers import KnownFields
from requests_app.models import Dimension
from requests_app.money import usd
from requests_app.usage import Days, Line, Sums, Whose

DAY = "day"
KINDS = tuple(str(each) for each in Dimension if each != Dimension.TOTAL)
USUAL_DAYS, MOST_DAYS, MOST_ROWS = 30, 366, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    days: Days
    daily: bool
    dimension: Dimension
    whose: Whose


class Grouping(serializers.CharField):
    def to_internal_value(self, data: Any) -> Any:
        names = [each.strip() for each in str(data).split(",")]
        unknown = [each for each in names if each not in (DAY, *KINDS)]
        if unknown:
            raise ValidationError(f"{unknown[0]!r} is not one of {DAY}, {', '.join(KINDS)}")
        if len(names) != len(set(names)) or len([each for each in names if each != DAY]) > 1:
            raise ValidationError(f"takes {DAY}, or one of {', '.join(KINDS)}, or {DAY} and one of these")
        return names


class UsageQuery(KnownFields):
    what = "this query"

    group_by = Grouping(required=False, help_text="`day`, one of the others, or `day` and one of them.")
    team = serializers.UUIDField(required=False, help_text="All usage of a team of yours, not yours alone.")
    scope = serializers.ChoiceField(["mine", "everything"], required=False)

    def get_fields(self) -> dict[str, Any]:
        """``from`` is no name for an attribute of a class."""
        days = {name: serializers.DateField(required=False) for name in ("from", "to")}
        return {**super().get_fields(), **days}

    def validate(self, found: dict[str, Any]) -> dict[str, Any]:
        days = Days.latest(USUAL_DAYS)
        last = found.get("to", max(days.last, found.get("from", days.last)))
        first = found.get("from") or _before(last, USUAL_DAYS - 1)
        if first > last:
            raise ValidationError({"from": "is after `to`"})
        if (last - first).days >= MOST_DAYS:
            raise ValidationError({"from": f"asks for more than {MOST_DAYS} days"})
        if "team" in found and found.get("scope"):
            raise ValidationError({"scope": "goes without a team"})
        return {**found, "days": Days(first=first, last=last)}


def _before(last: Any, days: int) -> Any:
    try:
        return last - timedelta(days=days)
    except OverflowError:
        raise ValidationError({"to": "is out of range"}) from None


def wanted(user: User, query: dict[str, Any]) -> Wanted:
    form = UsageQuery(data=query)
    form.is_valid(raise_exception=True)
    found = form.validated_data
    names = found.get("group_by", [DAY])
    kinds = [each for each in names if each != DAY]
    return Wanted(
        days=found["days"],
        daily=DAY in names,
        dimension=Dimension(kinds[0]) if kinds else Dimension.TOTAL,
        whose=_whose(user, found),
    )


def _whose(user: User, found: dict[str, Any]) -> Whose:
    if found.get("scope") == "everything":
        if not usage.sees_all(user):
            raise PermissionDenied("You may see your own usage and your teams'.")
        return usage.everybody()
    if "team" not in found:
        return usage.mine(user)
    whose = usage.of_team(user, found["team"])
    if whose is None:
        raise NotFound
    return whose


def report(asked: Wanted) -> dict[str, Any]:
    """What ``UsageReport`` describes, as it is sent: a serializer would take longer than all the rest."""
    lines = _lines(asked)
    if len(lines) > MOST_ROWS:
        raise ValidationError({"from": f"asks for more than {MOST_ROWS:,} rows: ask for fewer days at once"})
    names = usage.names_of(asked.dimension, {line.value for line in lines})
    return {
        "from": asked.days.first,
        "to": asked.days.last,
        "time_zone": settings.LINTEL_TIME_ZONE,
        "as_of": usage.freshness().as_of,
        "total": _figures(usage.total(asked.whose, asked.days)),
        "results": [_row(line, asked, names) for line in lines],
    }


def _lines(asked: Wanted) -> list[Line]:
    if asked.daily:
        return usage.by_day(asked.whose, asked.dimension, asked.days, most=MOST_ROWS + 1)
    return usage.by_value(asked.whose, asked.dimension, asked.days)


def _row(line: Line, asked: Wanted, names: dict[str, str]) -> dict[str, Any]:
    kinds: dict[str, Any] = {"day": line.day} if asked.daily else {}
    if asked.dimension != Dimension.TOTAL:
        kinds[str(asked.dimension)] = line.value
    if asked.dimension in (Dimension.USER, Dimension.TEAM):
        kinds["name"] = names.get(line.value)
    return {**kinds, **_figures(line.sums)}


def _figures(sums: Sums) -> dict[str, Any]:
    figures = {name: getattr(sums, name) for name in usage.MEASURES}
    money = {"cost_usd": sums.cost, "cost_per_approved_usd": _rounded(sums.per_approved), "saved_usd": sums.saved}
    return {**figures, **{name: usd(amount) for name, amount in money.items()}}


def _rounded(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(Decimal("1e-12"))


class UsageSums(serializers.Serializer[dict[str, Any]]):
    """What was used. With unpriced calls the cost is at least this; null says that nothing of it is known.

    So it is with what was saved, and answers that were served again without a known price.
    """

    calls = serializers.IntegerField(read_only=True)
    requests = serializers.IntegerField(read_only=True, help_text="Counted where their first call was.")
    input_tokens = serializers.IntegerField(read_only=True, help_text="Without cached ones.")
    cache_read_tokens = serializers.IntegerField(read_only=True)
    cache_write_tokens = serializers.IntegerField(read_only=True)
    output_tokens = serializers.IntegerField(read_only=True)
    cost_usd = amount(allow_null=True)
    unpriced_calls = serializers.IntegerField(read_only=True, help_text="Calls without a known price.")
    estimated_calls = serializers.IntegerField(read_only=True, help_text="Calls whose figures are estimates.")
    approved_answers = serializers.IntegerField(read_only=True)
    cost_per_approved_usd = amount(allow_null=True)
    reusable_answers = serializers.IntegerField(
        read_only=True, help_text="Answers of prompts that let them serve again, on the day they were delivered."
    )
    served_again = serializers.IntegerField(read_only=True, help_text="Those of them that were an earlier answer.")
    saved_usd = amount(allow_null=True)
    unpriced_served_again = serializers.IntegerField(
        read_only=True, help_text="Those of which nobody knows what the earlier answer had cost."
    )


class UsageRow(UsageSums):
    """Named by what the query groups by."""

    day = serializers.DateField(required=False)
    prompt = serializers.CharField(required=False)
    version = serializers.CharField(required=False, help_text="As `prompt@version`.")
    model = serializers.CharField(required=False)
    user = serializers.UUIDField(required=False)
    team = serializers.UUIDField(required=False)
    tag = serializers.CharField(required=False, help_text="Empty: without a tag.")
    name = serializers.CharField(required=False, allow_null=True, help_text="Of the user or the team.")


class UsageReport(serializers.Serializer[dict[str, Any]]):
    to = serializers.DateField(read_only=True)
    time_zone = serializers.CharField(read_only=True, help_text="Whose days these are.")
    as_of = serializers.DateTimeField(read_only=True, allow_null=True, help_text="Until when everything is counted.")
    total = UsageSums(read_only=True)
    results = UsageRow(many=True, read_only=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(read_only=True), **super().get_fields()}
