from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Barrier

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.signin import redeem, sign_in_path


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_link_signs_in_and_leads_home(alice: User) -> None:
    client = Client()
    response = client.get(sign_in_path(alice))
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_link_works_once(alice: User) -> None:
    path = sign_in_path(alice)
    Client().get(path)
    second = Client()
    page = second.get(path, follow=True)
    assert not signed_in(second)
    assert "has been used or is older than ten minutes" in page.content.decode()


def test_of_many_at_once_one_gets_in(committed: None) -> None:
    token = sign_in_path(User.objects.create_user("carol")).removeprefix("/sign-in/")
    together = Barrier(8)

    def follow(_number: int) -> User | None:
        connection.ensure_connection()
        together.wait(timeout=10)
        try:
            return redeem(token)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as people:
        assert sum(user is not None for user in people.map(follow, range(8))) == 1


def test_one_log_in_voids_every_open_link(alice: User) -> None:
    first, second = sign_in_path(alice), sign_in_path(alice)
    Client().get(first)
    late = Client()
    late.get(second)
    assert not signed_in(late)


def test_link_lasts_ten_minutes(alice: User) -> None:
    path, late = sign_in_path(alice), Client()
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=2)):
        late.get(path)
    assert not signed_in(late)


def test_forged_link_signs_nobody_in(alice: User) -> None:
    path, client = sign_in_path(alice), Client()
    client.get(path[:-1] + ("A" if path[-1] != "A" else "B"))
    assert not signed_in(client)


def test_inactive_user_is_not_signed_in(alice: User) -> None:
    path, client = sign_in_path(alice), Client()
    User.objects.update(is_active=False)
    client.get(path)
    assert not signed_in(client)


def test_link_prefetched_by_head_is_not_spent(alice: User) -> None:
    path, client = sign_in_path(alice), Client()
    assert client.head(path).status_code == 405
    client.get(path)
    assert signed_in(client)


def test_links_exist_only_in_local_settings(alice: User, settings: Settings) -> None:
    path, client = sign_in_path(alice), Client()
    settings.LINTEL_DEMO = False
    assert client.get(path).status_code == 404
    with pytest.raises(CommandError, match="LINTEL_DEMO"):
        call_command("sign_in_link", "alice")


def test_command_prints_a_link(alice: User) -> None:
    out = StringIO()
    call_command("sign_in_link", "alice", stdout=out)
    client = Client()
    client.get(out.getvalue().strip())
    assert signed_in(client)


def test_command_names_an_unknown_user(db: None) -> None:
    with pytest.raises(CommandError, match="'nobody'"):
        call_command("sign_in_link", "nobody")
