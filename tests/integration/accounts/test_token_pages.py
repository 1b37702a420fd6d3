"""Tokens in a browser without JavaScript: shown once, limited, revoked by their owner alone."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.bearer import user_for_token
from accounts.models import ApiToken, User
from accounts.tokens import TokenRefused, issue, lifetimes


@pytest.fixture
def laptop(alice: User) -> ApiToken:
    return issue(alice, name="laptop", days=90).token


def test_a_new_token_opens_the_api(page: Client, alice: User) -> None:
    answer = page.post("/account/tokens", {"name": "laptop", "days": "30"})
    plain = answer.context["new"].plain
    token = ApiToken.objects.get()
    assert user_for_token(plain) == alice
    assert (token.name, round((token.expiry - token.created) / timedelta(days=1))) == ("laptop", 30)
    assertContains(answer, f"export LINTEL_TOKEN={plain}")


def test_it_is_shown_once_and_kept_nowhere(page: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = page.post("/account/tokens", {"name": "laptop", "days": ""})
    plain = answer.context["new"].plain
    assert "no-store" in answer["Cache-Control"]
    assertNotContains(page.get("/account/tokens"), plain)
    assert plain not in caplog.text + str(dict(page.session)) + repr(answer.context["new"])


def test_a_form_sent_twice_makes_one_token(page: Client) -> None:
    page.post("/account/tokens", {"name": "laptop", "days": "30"})
    assertContains(page.post("/account/tokens", {"name": "laptop", "days": "30"}), "that name already", status_code=400)
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "count"), [({"name": "", "days": "30"}, 0), ({"name": "x", "days": "7"}, 0), ({"name": "x" * 101}, 0)]
)
def test_a_wrong_form_makes_none(page: Client, form: dict[str, str], count: int) -> None:
    assert page.post("/account/tokens", form).status_code == 400
    assert ApiToken.objects.count() == count


def test_the_limit_is_said_and_expired_ones_do_not_count(page: Client, laptop: ApiToken, settings: Settings) -> None:
    settings.LINTEL_TOKENS_PER_USER = 1
    form = {"name": "second", "days": "30"}
    assertContains(page.post("/account/tokens", form), "You have 1 tokens, which is the most", status_code=400)
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert page.post("/account/tokens", form).status_code == 200


def test_of_many_at_once_no_more_than_the_limit_are_made(committed: None, settings: Settings) -> None:
    settings.LINTEL_TOKENS_PER_USER = 3
    carol = User.objects.create_user("carol")
    gate = threading.Barrier(6)

    def make(number: int) -> None:
        gate.wait()
        try:
            issue(carol, name=f"number {number}", days=30)
        except TokenRefused:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ApiToken.objects.filter(user=carol).count() == 3


@pytest.mark.parametrize(
    ("most", "offered"), [(0, [30, 90, 365, None]), (365, [30, 90, 365]), (60, [30, 60]), (7, [7])]
)
def test_lives_that_the_settings_allow(settings: Settings, most: int, offered: list[int | None]) -> None:
    settings.LINTEL_TOKEN_MAX_DAYS = most
    assert lifetimes() == offered


def test_for_ever_only_where_it_is_allowed(page: Client, settings: Settings) -> None:
    settings.LINTEL_TOKEN_MAX_DAYS = 90
    assert page.post("/account/tokens", {"name": "for ever", "days": ""}).status_code == 400
    assertNotContains(page.get("/account/tokens"), ">never</option>")


def test_revoking_shuts_it_out(page: Client, alice: User) -> None:
    new = issue(alice, name="laptop", days=90)
    assertContains(page.get("/account/tokens"), new.token.token_key)
    answer = page.post(f"/account/tokens/{new.token.public_id}/revoke", follow=True)
    assertContains(answer, "laptop is revoked.")
    assert user_for_token(new.plain) is None


def test_a_link_revokes_nothing(page: Client, laptop: ApiToken) -> None:
    assertRedirects(page.get(f"/account/tokens/{laptop.public_id}/revoke"), "/account/tokens")
    assert ApiToken.objects.exists()


def test_another_owners_token_is_not_there(laptop: ApiToken, mallory: User) -> None:
    client = Client()
    client.force_login(mallory)
    assertNotContains(client.get("/account/tokens"), laptop.token_key)
    assert client.post(f"/account/tokens/{laptop.public_id}/revoke").status_code == 404
    assert client.post(f"/account/tokens/{uuid4()}/revoke").status_code == 404
    assert ApiToken.objects.exists()


def test_no_address_names_a_token_by_its_key(page: Client, laptop: ApiToken) -> None:
    assertNotContains(page.get("/account/tokens"), laptop.digest)


def test_a_use_is_noted_at_most_once_a_minute(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    plain = issue(alice, name="laptop", days=90).plain
    assert user_for_token(plain) == alice
    first = ApiToken.objects.get().last_used
    assert first is not None
    with django_assert_num_queries(1):
        user_for_token(plain)
    ApiToken.objects.update(last_used=first - timedelta(seconds=61))
    user_for_token(plain)
    assert ApiToken.objects.get().last_used >= first


def test_of_uses_at_once_one_writes(alice: User) -> None:
    plain = issue(alice, name="laptop", days=90).plain
    seen_before = ApiToken.objects.get()
    user_for_token(plain)
    noted = ApiToken.objects.get().last_used
    seen_before.mark_used()
    assert ApiToken.objects.get().last_used == noted


def test_a_wrong_token_is_no_use(alice: User) -> None:
    plain = issue(alice, name="laptop", days=90).plain
    assert user_for_token(plain[:-1] + ("0" if plain[-1] != "0" else "1")) is None
    assert ApiToken.objects.get().last_used is None


def test_the_list_costs_the_same_for_many(
    page: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(15):
        issue(alice, name=f"number {number}", days=30)
    with django_assert_max_num_queries(4):
        page.get("/account/tokens")


def test_no_tokens_yet(page: Client) -> None:
    assertContains(page.get("/account/tokens"), "No tokens yet.")
