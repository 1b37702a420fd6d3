"""What can be done in the admin: each asks first, is bounded, and is noted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.admin.base import BULK
from accounts.models import ApiToken, User
from ai.models import PromptLabel, PromptTemplate
from requests_app.models import AIRequest, Status
from tests.integration.admin.furniture import lease_of, request_of

REQUESTS = "/admin/requests_app/airequest/"
USERS = "/admin/accounts/user/"


def act(client: Client, path: str, action: str, *keys: object, **answers: str) -> Any:
    data = {"action": action, "_selected_action": [str(key) for key in keys]}
    data.update(answers or {"index": "0"})
    return client.post(path, data, follow=True)


@pytest.fixture
def waiting(alice: User) -> AIRequest:
    return request_of(alice, status=Status.PENDING)


def test_nothing_is_done_before_it_is_confirmed(admin: Client, waiting: AIRequest) -> None:
    page = act(admin, REQUESTS, "cancel", waiting.pk)
    assert str(waiting) in page.content.decode()
    waiting.refresh_from_db()
    assert waiting.status == Status.PENDING


def test_cancelling_ends_what_waits_and_tells_what_runs(admin: Client, alice: User, waiting: AIRequest) -> None:
    running = request_of(alice, status=Status.PROCESSING, lease=lease_of("here"))
    done = request_of(alice, status=Status.DONE, result="")
    act(admin, REQUESTS, "cancel", waiting.pk, running.pk, done.pk, confirmed="yes")
    for row in (waiting, running, done):
        row.refresh_from_db()
    assert (waiting.status, done.status) == (Status.CANCELLED, Status.DONE)
    assert running.cancel_requested_at is not None
    assert set(LogEntry.objects.values_list("object_id", flat=True)) == {str(waiting.pk), str(running.pk)}


def test_asking_again_makes_a_new_request_of_the_same_user(admin: Client, alice: User, waiting: AIRequest) -> None:
    failed = request_of(alice, status=Status.FAILED, error_code="refused")
    act(admin, REQUESTS, "retry", failed.pk, waiting.pk, confirmed="yes")
    again = AIRequest.objects.get(retry_of__isnull=False)
    assert (again.retry_of, again.user, again.payload) == (failed, alice, failed.payload)


def test_staff_who_may_only_look_can_do_nothing(staff: Client, waiting: AIRequest) -> None:
    act(staff, REQUESTS, "cancel", waiting.pk, confirmed="yes")
    waiting.refresh_from_db()
    assert waiting.status == Status.PENDING


def test_an_action_is_bounded(admin: Client, alice: User) -> None:
    rows = [request_of(alice, status=Status.PENDING) for _number in range(BULK + 1)]
    page = act(admin, REQUESTS, "cancel", *(row.pk for row in rows), confirmed="yes")
    assert f"At most {BULK}" in page.content.decode()
    assert not AIRequest.objects.exclude(status=Status.PENDING).exists()


def test_a_version_goes_live_with_a_reason(admin: Client) -> None:
    row = PromptTemplate.objects.create(key="letter", version="2", hash="0", content="{}", published=True)
    path = "/admin/ai/prompttemplate/"
    act(admin, path, "promote", row.pk, confirmed="yes", reason="")
    assert not PromptLabel.objects.filter(key="letter").exists()
    act(admin, path, "promote", row.pk, confirmed="yes", reason="Reads better.")
    label = PromptLabel.objects.get(key="letter")
    assert (label.template, label.by, label.reason) == (row, "boss", "Reads better.")


def test_an_anonymised_user_is_nobody(admin: Client, page: Client, alice: User) -> None:
    ApiToken.objects.create(alice, name="laptop")
    User.objects.filter(pk=alice.pk).update(email="alice@example.org", first_name="Alice")
    act(admin, USERS, "anonymise", alice.pk, confirmed="yes")
    alice.refresh_from_db()
    assert alice.username == alice.personal_team.name == f"anonymous-{alice.pk}"
    assert (alice.email, alice.first_name, alice.is_active, alice.has_usable_password()) == ("", "", False, False)
    assert not ApiToken.objects.exists()
    assert page.get("/").status_code == 302


def test_nobody_anonymises_themselves(admin: Client, boss: User) -> None:
    act(admin, USERS, "anonymise", boss.pk, confirmed="yes")
    boss.refresh_from_db()
    assert boss.username == "boss"


def test_who_may_change_users_gains_no_power(staff: Client, bob: User, boss: User, alice: User) -> None:
    bob.user_permissions.add(*bob.user_permissions.model.objects.filter(codename="change_user"))
    assert staff.post(f"{USERS}{boss.pk}/password/", {"password1": "s3cret-words"}).status_code == 403
    staff.post(f"{USERS}{bob.pk}/change/", {"username": "bob", "is_superuser": "on", "is_active": "on"})
    bob.refresh_from_db()
    assert not bob.is_superuser
