"""One-time sign-in links: signed, valid for ten minutes, spent by the log-in that they cause.

No table remembers them. A link is signed over the user's last log-in, and using it is a conditional UPDATE of just that
column: of two people who hold one link, or of two links that one user holds, the first wins and the rest are void.
"""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils import timezone

from accounts.models import User

VALID_S = 600
SALT = "accounts.signin"


def sign_in_path(user: User) -> str:
    """The path of a new link."""
    return reverse("sign-in", args=[signing.dumps([str(user.pk), _mark(user)], salt=SALT)])


def redeem(token: str) -> User | None:
    """The user whom a link signs in, or None where it is forged, too old or spent."""
    try:
        key, mark = signing.loads(token, salt=SALT, max_age=VALID_S)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=key, is_active=True).first()
    if user is None or _mark(user) != mark:
        return None
    unspent = User.objects.filter(pk=user.pk, last_login=user.last_login)
    return user if unspent.update(last_login=timezone.now()) else None


def _mark(user: User) -> Any:
    return user.last_login and user.last_login.isoformat()
