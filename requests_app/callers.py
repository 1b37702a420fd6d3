"""Who opens a stream: the session cookie with a same-origin page behind it, or a bearer token."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user

from accounts.bearer import user_for_token
from accounts.models import User

Headers = Mapping[str, str]


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """An ASGI scope's headers, lower-case names, the last of each."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def user_of(headers: Headers, *, socket: bool) -> User | None:
    """The caller, asked afresh at each call, so that a log-out or a revoked token is noticed.

    A cookie alone opens no socket: browsers send it from any page, so the page's origin must be ours.
    """
    scheme, _space, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return user_for_token(token.strip())
    if socket and not same_origin(headers):
        return None
    return _session_user(headers.get("cookie", ""))


def same_origin(headers: Headers) -> bool:
    origin = headers.get("origin", "")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc.lower() == headers.get("host", "").lower()


def _session_user(cookie: str) -> User | None:
    try:
        morsel = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if morsel is None:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    user = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    return user if isinstance(user, User) and user.is_active else None
