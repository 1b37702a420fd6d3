"""Bearer tokens on every door: the API, sockets and event streams."""

from __future__ import annotations

import re

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import ApiToken, User

TOKEN = re.compile(rb"[\x21-\x7e]{20,200}")


class BearerAuthentication(TokenAuthentication):  # type: ignore[misc]  # the library is untyped
    """Knox's, which looks bytes up in the database before it knows that they are text."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        if not TOKEN.fullmatch(token):
            raise AuthenticationFailed("Invalid token.")
        user, found = super().authenticate_credentials(token)
        found.mark_used()
        return user, found

    def _cleanup_token(self, auth_token: ApiToken) -> bool:
        """Knox's way looks at all tokens of the person, at each call; here that waits until one has run out."""
        return auth_token.expired and bool(super()._cleanup_token(auth_token))


def user_for_token(token: str) -> User | None:
    """The active user behind a token, or None where it is wrong, expired or revoked."""
    try:
        user, _token = BearerAuthentication().authenticate_credentials(token.encode("utf-8", "replace"))
    except AuthenticationFailed:
        return None
    return user
