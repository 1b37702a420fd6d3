"""What a support person is given, an id out of a log or a customer's own mark, finds its rows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin as contrib
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.moments import first_id_since
from requests_app.models import AIRequest, Status
from tests.integration.admin.furniture import request_of, use

HTTP_ID = "01a1fed30f4375c28198ef94652e9f03"
PATHS = {"requests": "/admin/requests_app/airequest/", "usage": "/admin/ai/llmusagelog/"}


@pytest.fixture
def marked(alice: User) -> AIRequest:
    request = request_of(alice, status=Status.CANCELLED, http_request_id=HTTP_ID, object_id="order-4711")
    use(request, cost=Decimal(1))
    return request


def found(client: Client, path: str, term: str) -> list[object]:
    answer = client.get(path, {"q": term})
    assert answer.status_code == 200
    return [getattr(row, "reference", row.pk) for row in answer.context["cl"].result_list]


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_an_id_finds_its_rows(admin: Client, marked: AIRequest, bob: User, path: str) -> None:
    use(request_of(bob, status=Status.CANCELLED), cost=None)
    for term in (str(marked.pk), HTTP_ID, "order-4711"):
        assert found(admin, path, term) == [marked.pk], term
    assert found(admin, path, "order-4712") == []


def test_a_name_finds_the_requests_of_its_user(admin: Client, marked: AIRequest, bob: User) -> None:
    other = request_of(bob, status=Status.CANCELLED, object_id="alice")
    assert found(admin, PATHS["requests"], "alice") == [marked.pk]
    assert found(admin, PATHS["requests"], "bob") == [other.pk]


def test_attempts_are_found_by_their_request(admin: Client, marked: AIRequest, bob: User) -> None:
    use(request_of(bob, status=Status.CANCELLED), cost=None)
    [attempt] = marked.attempts.all()
    assert found(admin, "/admin/requests_app/aiattempt/", str(marked.pk)) == [attempt.pk]


def test_what_has_no_index_is_looked_for_among_the_newest_alone(admin: Client, alice: User) -> None:
    long_ago = first_id_since(timezone.now() - timedelta(days=40))
    request_of(alice, id=long_ago, status=Status.CANCELLED, object_id="order-1", http_request_id=HTTP_ID)
    assert found(admin, PATHS["requests"], "order-1") == found(admin, PATHS["requests"], HTTP_ID) == []
    assert found(admin, PATHS["requests"], str(long_ago)) == [long_ago]


@pytest.mark.skipif(not hasattr(contrib.site, "search"), reason="Django's own admin has no search over tables")
def test_the_search_over_tables_takes_any_page(admin: Client, client: Client) -> None:
    assert "Requests" in admin.get("/admin/search/", {"s": "requests"}).content.decode()
    for page in ("x", "0", "-1", "99", "9" * 5000):
        assert admin.get("/admin/search/", {"s": "requests", "page": page}).status_code == 404, page
    assert client.get("/admin/search/", {"s": "requests"}).status_code == 302
