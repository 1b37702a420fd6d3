"""What the views of all pages share: who asks, for which row, under which name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.models import User
from requests_app.errors import NoModelConfigured
from requests_app.intake import Idempotency, body_hash
from requests_app.models import AIRequest


class PageRequest(HttpRequest):
    """What ``login_required`` lets through."""

    user: User


def own_request(http: PageRequest, pk: UUID) -> AIRequest:
    """Looked up by owner, so that strangers get a 404."""
    return get_object_or_404(AIRequest.objects.owned_by(http.user).select_related("template", "user"), pk=pk)


def named(http: PageRequest, body: dict[str, Any]) -> Idempotency | None:
    """The form's token with its content: the same sent twice is one request, changed and sent again is another."""
    token = uuid_or_none(http.POST.get("token", ""))
    if token is None:
        return None
    digest = body_hash(body)
    return Idempotency(key=f"{token}.{digest}", method="POST", path=http.path, body_hash=digest)


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def sentence(problem: Exception) -> str:
    """Why something was not accepted, for a person."""
    if isinstance(problem, NoModelConfigured):
        return _("No model is set up that could answer.")
    return str(problem)
