"""What a page with charts loads: ``{% charts %}`` in its head, then figures as ``lintel/charts.js`` describes them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.apps import apps

from requests_app.pages import money

register = template.Library()


@register.inclusion_tag("requests_app/charts.html")
def charts() -> dict[str, bool]:
    """Chart.js comes inside the admin's theme; without that the tables stand alone."""
    return {"drawn": apps.is_installed("unfold")}


@register.filter
def usd(amount: Decimal) -> str:
    return money.amount(amount)


@register.filter
def grouped(number: int) -> str:
    return f"{number:,}"
