"""Ratings in the admin: narrowed by what made the answer, their words only for who may read texts."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from requests_app.models import AIOutputFeedback, Status
from tests.integration.admin.furniture import SECRET, rate, request_of

LIST = "/admin/requests_app/aioutputfeedback/"


@pytest.fixture
def rated(alice: User) -> AIOutputFeedback:
    return rate(request_of(alice, status=Status.DONE, result=SECRET))


def page_of(client: Client, row: AIOutputFeedback, query: str = "") -> str:
    return client.get(f"{LIST}{row.pk}/change/{query}").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"rating__exact": "-1"},
        {"prompt_key": "document_summary"},
        {"model": "smollm2-135m-instruct"},
        {"route": "default"},
    ],
)
def test_lists_are_narrowed(staff: Client, rated: AIOutputFeedback, query: dict[str, str]) -> None:
    page = staff.get(LIST, query).content.decode()
    assert str(rated.pk) in page
    assert SECRET not in page
    name = next(iter(query))
    assert str(rated.pk) not in staff.get(LIST, {name: "1"}).content.decode()


def test_staff_without_the_right_see_no_comment(staff: Client, rated: AIOutputFeedback) -> None:
    for query in ("", "?texts"):
        assert SECRET not in page_of(staff, rated, query)
    assert "hidden" in page_of(staff, rated)


def test_the_right_shows_it_on_demand_and_that_is_noted(staff: Client, bob: User, rated: AIOutputFeedback) -> None:
    bob.user_permissions.add(Permission.objects.get(codename="view_request_text"))
    assert SECRET not in page_of(staff, rated)
    assert not LogEntry.objects.exists()
    assert SECRET in page_of(staff, rated, "?texts")
    assert LogEntry.objects.get().change_message == "Viewed text."


@pytest.mark.parametrize("field", ["comment", "tags", "request__result"])
def test_comments_cannot_be_spelled_out_by_filters(staff: Client, rated: AIOutputFeedback, field: str) -> None:
    assert staff.get(LIST, {f"{field}__startswith": "The"}).status_code == 400
