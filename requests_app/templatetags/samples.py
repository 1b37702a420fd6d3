"""What `load_demo` made is marked wherever it is shown."""

from __future__ import annotations

from django import template
from django.template import RequestContext

from accounts.models import Team

register = template.Library()


@register.inclusion_tag("requests_app/sample_mark.html")
def sample_mark(sample: bool) -> dict[str, bool]:
    """Beside a name: this is sample data."""
    return {"sample": sample}


@register.inclusion_tag("requests_app/sample_banner.html", takes_context=True)
def sample_banner(context: RequestContext, counted: bool | None = None) -> dict[str, bool]:
    """Above figures: some of them are of sample data, as ``counted`` says; else wherever there is any."""
    shown = Team.objects.filter(sample=True).exists() if counted is None else counted
    user = getattr(context.get("request"), "user", None)
    return {"shown": shown, "may_remove": bool(user and user.is_staff)}
