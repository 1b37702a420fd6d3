from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.bearer import user_for_token
from accounts.models import ApiToken, User


def new_token(*arguments: str) -> str:
    out = StringIO()
    call_command("token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_printed_token_names_its_user(alice: User) -> None:
    token = new_token("alice", "--name", "laptop", "--days", "7")
    stored = ApiToken.objects.get()
    assert user_for_token(token) == alice
    assert (stored.name, round((stored.expiry - stored.created) / timedelta(days=1))) == ("laptop", 7)


def test_token_itself_is_not_stored(alice: User) -> None:
    token = new_token("alice")
    assert token.startswith("lintel_")
    assert token not in str(ApiToken.objects.values().get())


def test_expired_token_names_nobody(alice: User) -> None:
    token = new_token("alice")
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert user_for_token(token) is None


def test_revoked_token_names_nobody(alice: User) -> None:
    token = new_token("alice")
    ApiToken.objects.get().delete()
    assert user_for_token(token) is None


def test_token_of_an_inactive_user_names_nobody(alice: User) -> None:
    token = new_token("alice")
    User.objects.update(is_active=False)
    assert user_for_token(token) is None


@pytest.mark.parametrize("token", ["", "x", "lintel_" + "0" * 64, "é" * 40, "\ud800" * 40, "a\x00" * 20, "x" * 10_000])
def test_garbage_names_nobody(alice: User, token: str) -> None:
    new_token("alice")
    assert user_for_token(token) is None


@pytest.mark.parametrize("arguments", [("nobody",), ("alice", "--days", "0"), ("alice", "--days", "99999")])
def test_wrong_argument_is_named(alice: User, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=arguments[-1]):
        new_token(*arguments)
