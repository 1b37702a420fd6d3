"""Texts belong to who asked: staff need a right of its own, ask for them, and are noted."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from requests_app.models import AIRequest, IdempotencyKey, Status
from requests_app.models.request import LONG_COLUMNS
from tests.integration.admin.furniture import SECRET, request_of, use


@pytest.fixture
def answered(alice: User) -> AIRequest:
    row = request_of(alice, status=Status.DONE, result=SECRET, output={"said": SECRET})
    use(row, cost=None)
    return row


def page_of(client: Client, row: AIRequest, query: str = "") -> str:
    return client.get(f"/admin/requests_app/airequest/{row.pk}/change/{query}").content.decode()


def test_staff_without_the_right_see_no_text(staff: Client, answered: AIRequest) -> None:
    for query in ("", "?texts"):
        page = page_of(staff, answered, query)
        assert "hidden" in page
        assert SECRET not in page
    assert not LogEntry.objects.exists()


def test_a_text_is_shown_on_demand_and_its_opening_noted(admin: Client, boss: User, answered: AIRequest) -> None:
    assert SECRET not in page_of(admin, answered)
    assert not LogEntry.objects.exists()
    assert page_of(admin, answered, "?texts").count(SECRET) == 4
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (boss, str(answered.pk), "Viewed text.")


def test_the_right_alone_is_enough(staff: Client, bob: User, answered: AIRequest) -> None:
    bob.user_permissions.add(Permission.objects.get(codename="view_request_text"))
    assert SECRET in page_of(staff, answered, "?texts")


@pytest.mark.parametrize("field", ["result", "payload", "metadata", "partial", "output"])
def test_texts_cannot_be_spelled_out_by_filters(staff: Client, answered: AIRequest, field: str) -> None:
    for lookup in (f"{field}__startswith", f"{field}__icontains", f"request__{field}__startswith"):
        for table in ("requests_app/airequest", "requests_app/aiattempt", "requests_app/idempotencykey"):
            assert staff.get(f"/admin/{table}/", {lookup: "The"}).status_code == 400


@pytest.mark.parametrize("table", ["airequest", "aiattempt", "idempotencykey"])
def test_lists_show_and_read_no_text(admin: Client, answered: AIRequest, table: str) -> None:
    IdempotencyKey.objects.create(user=answered.user, method="POST", path="/", key="1", body_hash="0", request=answered)
    with CaptureQueriesContext(connection) as asked:
        page = admin.get(f"/admin/requests_app/{table}/").content.decode()
    assert SECRET not in page
    assert str(answered) in page or str(answered.pk) in page
    read = " ".join(query["sql"] for query in asked)
    assert not [column for column in LONG_COLUMNS if f'"{column}"' in read]


def test_usage_records_show_no_words_of_the_user(admin: Client, answered: AIRequest) -> None:
    row = use(answered, cost=None, attempt=2)
    page = admin.get(f"/admin/ai/llmusagelog/{row.pk}/change/").content.decode()
    assert "metadata" not in page.lower().replace("request metadata", "")
