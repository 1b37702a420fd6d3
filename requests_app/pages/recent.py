"""A user's last requests, one line each."""

from __future__ import annotations

from accounts.models import User
from requests_app.models import AIRequest
from requests_app.pages.rows import Row, rows_of, with_excerpts

SHOWN = 6


def recent_rows(user: User) -> list[Row]:
    return rows_of(with_excerpts(AIRequest.objects.owned_by(user)).order_by("-created", "-id")[:SHOWN])
