from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


class PageRequest(HttpRequest):
    """What the log-in guards let through."""

    user: User
