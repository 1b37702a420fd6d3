"""Making and revoking API tokens: named, limited in number and in life, and readable exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiToken, User

USUAL_DAYS = (30, 90, 365)


class TokenRefused(Exception):
    """Why a token is not made, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """The only moment at which the token itself is known."""

    token: ApiToken
    plain: str = field(repr=False)


def lifetimes() -> list[int | None]:
    """The days that a new token may live; None, for ever, where this installation sets no bound."""
    most = settings.LINTEL_TOKEN_MAX_DAYS
    if not most:
        return [*USUAL_DAYS, None]
    return [*(days for days in USUAL_DAYS if days < most), most]


def live_tokens(user: User) -> models.QuerySet[ApiToken]:
    unending = models.Q(expiry=None) | models.Q(expiry__gt=timezone.now())
    found: models.QuerySet[ApiToken] = ApiToken.objects.filter(unending, user=user)
    return found


@transaction.atomic
def issue(user: User, *, name: str, days: int | None) -> NewToken:
    """Raises TokenRefused. The user's row is locked, so that two at once cannot pass the limit together."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    held = live_tokens(user)
    most = settings.LINTEL_TOKENS_PER_USER
    if held.count() >= most:
        raise TokenRefused(_("You have %(most)d tokens, which is the most. Revoke one first.") % {"most": most})
    # Names tell tokens apart, and a form that is sent twice makes one.
    if held.filter(name=name).exists():
        raise TokenRefused(_("You have a token of that name already. Choose another name."))
    token, plain = ApiToken.objects.create(user, expiry=days and timedelta(days=days), name=name)
    return NewToken(token=token, plain=plain)
