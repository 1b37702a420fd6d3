from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib import admin as contrib
from django.core.paginator import Paginator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.admin.base import BoundedPaginator
from accounts.models import User
from requests_app.admin.dashboard import dashboard
from requests_app.models import AIRequest, Status
from tests.integration.admin.furniture import furnish, request_of, use


def test_the_first_page_tells_the_day(admin: Client, alice: User) -> None:
    use(request_of(alice, status=Status.FAILED, error_code="refused"), cost=Decimal("0.25"))
    page = admin.get("/admin/").content.decode()
    assert "$0.25" in page
    assert "700 / 41" in page
    assert "failure=refused" in page


def test_the_first_page_asks_four_questions_however_much_there_is(rf, boss: User) -> None:  # type: ignore[no-untyped-def]
    furnish(5)
    request = rf.get("/admin/")
    request.user = boss
    with CaptureQueriesContext(connection) as captured:
        dashboard(request, {})
    assert len(captured) == 4


def test_staff_who_may_not_see_requests_see_no_numbers(rf, alice: User) -> None:  # type: ignore[no-untyped-def]
    request = rf.get("/admin/")
    request.user = alice
    assert dashboard(request, {}) == {}


def test_the_sidebar_shows_only_what_may_be_seen(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(alice)
    assert "/admin/requests_app/airequest/" not in client.get("/admin/").content.decode()


def test_beyond_its_bound_a_count_is_the_planners(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(3):
        request_of(alice, status=Status.PENDING)
    rows = AIRequest.objects.order_by("-pk")
    assert BoundedPaginator(rows, 50).count == 3
    monkeypatch.setattr(BoundedPaginator, "exact", 1)
    assert BoundedPaginator(rows, 50).count >= 2


def test_large_tables_are_not_counted_to_the_end() -> None:
    for model, entry in contrib.site._registry.items():
        if model._meta.app_label == "requests_app" and model._meta.model_name in {"airequest", "aiattempt"}:
            assert entry.paginator is not Paginator
            assert not entry.show_full_result_count
