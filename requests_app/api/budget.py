"""Budgets as programs read them."""

from __future__ import annotations

from rest_framework import serializers

from requests_app.budgets import WindowState
from requests_app.models import Measure, Period


def amount(*, allow_null: bool = False) -> serializers.DecimalField:
    """Tokens or US dollars, as a plain decimal string."""
    return serializers.DecimalField(
        max_digits=26, decimal_places=12, normalize_output=True, read_only=True, allow_null=allow_null
    )


class BudgetWindow(serializers.Serializer[WindowState]):
    """One period of one budget: what it allows, what is used, what running requests hold, what is left."""

    team = serializers.CharField(allow_null=True, read_only=True, help_text="The team's name; null is your own budget.")
    measure = serializers.ChoiceField(Measure.choices, read_only=True)
    period = serializers.ChoiceField(Period.choices, read_only=True)
    limit = amount(allow_null=True)
    used = amount()
    held = amount()
    remaining = amount(allow_null=True)
    starts = serializers.DateTimeField(read_only=True)
    resets_at = serializers.DateTimeField(read_only=True)


class Budget(serializers.Serializer[dict[str, list[WindowState]]]):
    results = BudgetWindow(many=True, read_only=True)
