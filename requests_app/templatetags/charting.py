"""What a page with charts loads: ``{% charts %}`` in its head, then figures as ``lintel/charts.js`` describes them."""

from __future__ import annotations

from django import template
from django.apps import apps

register = template.Library()


@register.inclusion_tag("requests_app/charts.html")
def charts() -> dict[str, bool]:
    """Chart.js comes inside the admin's theme; without that the tables stand alone."""
    return {"drawn": apps.is_installed("unfold")}
