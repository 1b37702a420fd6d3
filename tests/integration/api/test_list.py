from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from requests_app.models import AIRequest, Status
from requests_app.paging import PAGE
from tests.integration.api.conftest import accepted

URL = "/api/v1/requests"


def ids(client: APIClient, **filters: str) -> list[str]:
    response = client.get(f"{URL}?{urlencode(filters)}")
    assert response.status_code == 200, response.data
    return [row["id"] for row in response.json()["results"]]


@pytest.fixture
def three(alice: User) -> list[str]:
    """Oldest first."""
    return [str(accepted(alice, object_id=f"T-{number}").pk) for number in range(3)]


def test_newest_comes_first(api: APIClient, three: list[str]) -> None:
    assert ids(api) == three[::-1]


def test_list_holds_only_ones_own(mallorys: APIClient, three: list[str]) -> None:
    assert ids(mallorys) == []


def test_filters_narrow(api: APIClient, three: list[str]) -> None:
    AIRequest.objects.filter(pk=three[0]).move(Status.CANCELLED)
    assert ids(api, status="cancelled") == three[:1]
    assert ids(api, object_id="T-1") == three[1:2]
    assert ids(api, prompt_key="document_summary") == []
    assert ids(api, prompt_key="ticket_classify", status="pending") == three[:0:-1]


def test_a_status_may_be_named_twice(api: APIClient, three: list[str]) -> None:
    AIRequest.objects.filter(pk=three[0]).move(Status.CANCELLED)
    rows = api.get(f"{URL}?status=cancelled&status=pending&status=").json()["results"]
    assert [row["id"] for row in rows] == three[::-1]


def test_model_is_the_one_that_answered(api: APIClient, three: list[str]) -> None:
    AIRequest.objects.filter(pk=three[2]).update(model="big-one")
    assert ids(api, model="big-one") == three[2:]


def test_created_before_excludes_its_own_moment(api: APIClient, three: list[str]) -> None:
    created: datetime = AIRequest.objects.get(pk=three[1]).created
    assert ids(api, created_before=created.isoformat()) == three[:1]


def test_created_after_excludes_its_own_moment(api: APIClient, three: list[str]) -> None:
    created: datetime = AIRequest.objects.get(pk=three[1]).created
    assert ids(api, created_after=created.isoformat()) == three[2:]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "finished"),
        ("created_after", "yesterday"),
        ("object_id", "a\x00b"),
        ("object_id", "x" * 201),
        ("cursor", "garbage"),
        ("stauts", "done"),
    ],
)
def test_wrong_filter_is_named(api: APIClient, name: str, value: str) -> None:
    response = api.get(f"{URL}?{urlencode({name: value})}")
    assert response.status_code == 400
    assert [error["pointer"] for error in response.data["errors"]] == [f"/{name}"]


@pytest.mark.parametrize("seconds_apart", [0, 1])
def test_pages_show_every_row_once(api: APIClient, alice: User, seconds_apart: int) -> None:
    many(alice, 2 * PAGE + 3, seconds_apart=seconds_apart)
    seen: list[str] = []
    url: str | None = URL
    while url:
        page = api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 2 * PAGE + 3
    assert seen == [str(pk) for pk in AIRequest.objects.values_list("pk", flat=True)]


def test_new_rows_do_not_shift_the_next_page(api: APIClient, alice: User) -> None:
    many(alice, PAGE + 1, seconds_apart=1)
    oldest = AIRequest.objects.last()
    first = api.get(URL).json()
    many(alice, 3, seconds_apart=0)
    second = api.get(first["next"]).json()
    assert oldest is not None
    assert [row["id"] for row in second["results"]] == [str(oldest.pk)]
    assert second["next"] is None


def test_filters_stay_on_the_next_page(api: APIClient, alice: User) -> None:
    many(alice, PAGE + 1, seconds_apart=1)
    assert "status=pending" in api.get(f"{URL}?status=pending").json()["next"]


def test_list_is_one_query_without_texts(api: APIClient, alice: User) -> None:
    many(alice, 5, seconds_apart=1)
    with CaptureQueriesContext(connection) as queries:
        rows = api.get(URL).json()["results"]
    assert len(queries) == 1
    assert not any(f'"{column}"' in queries[0]["sql"] for column in ("payload", "result", "partial", "metadata"))
    assert not {"payload", "result", "partial"} & set(rows[0])


def many(user: User, count: int, *, seconds_apart: int) -> None:
    model = accepted(user)
    values = {
        field.attname: getattr(model, field.attname)
        for field in AIRequest._meta.concrete_fields
        if field.attname not in ("id", "created")
    }
    AIRequest.objects.bulk_create(
        AIRequest(**values, created=model.created - timedelta(seconds=seconds_apart * number))
        for number in range(1, count)
    )
