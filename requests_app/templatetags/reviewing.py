"""The count beside Review in the head of every page, for those who may judge."""

from __future__ import annotations

from django import template
from django.template import RequestContext

from requests_app import review
from requests_app.models.review import MAY_JUDGE
from requests_app.pages.reviews import MOST

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_reviews(context: RequestContext) -> str | None:
    """How many this person could take; None where the page is not for them."""
    user = getattr(context.get("request"), "user", None)
    if user is None or not user.is_authenticated or not user.has_perm(MAY_JUDGE):
        return None
    count = review.queue_for(user).order_by()[:MOST].count()
    return f"{count}+" if count == MOST else str(count)
