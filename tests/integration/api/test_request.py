from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from requests_app.models import AIRequest, Status, StreamChunk, WorkerLease
from tests.integration.api.conftest import accepted


def url(request: AIRequest, command: str = "") -> str:
    return f"/api/v1/requests/{request.pk}{command}"


@pytest.fixture
def lease(db: None) -> WorkerLease:
    return WorkerLease.objects.create(host="here", pid=1, expires_at=timezone.now() + timedelta(seconds=30))


@pytest.fixture
def running(request_of_alice: AIRequest, lease: WorkerLease) -> AIRequest:
    started = request_of_alice.created + timedelta(milliseconds=250)
    AIRequest.objects.filter(pk=request_of_alice.pk).move(
        Status.PROCESSING, lease=lease, attempt=1, started=started, first_token=started, model="m", provider="p"
    )
    StreamChunk.objects.create(request_id=request_of_alice.pk, attempt=1, start=0, text="Hé😀")
    return request_of_alice


@pytest.fixture
def done(running: AIRequest) -> AIRequest:
    AIRequest.objects.filter(pk=running.pk).move(
        Status.DONE,
        result="Hé😀!",
        input_tokens=10,
        cache_read_tokens=0,
        cache_write_tokens=0,
        output_tokens=4,
        cost_usd=Decimal("0.000123000"),
    )
    return running


def test_running_request_shows_its_text_so_far(api: APIClient, running: AIRequest) -> None:
    body = api.get(url(running)).json()
    assert (body["status"], body["partial"], body["position"], body["result"]) == ("processing", "Hé😀", "1:3", None)
    assert (body["queue_ms"], body["waiting_for"], body["model"]) == (250, None, "m")


def test_finished_request_shows_result_usage_and_cost(api: APIClient, done: AIRequest) -> None:
    response = api.get(url(done))
    body = response.json()
    assert (body["status"], body["result"], body["partial"], body["position"]) == ("done", "Hé😀!", None, "1:4")
    assert body["cost_usd"] == "0.000123"
    assert body["usage"] == {
        "input_tokens": 10,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 4,
        "estimated": False,
    }
    assert body["completed"].endswith("Z")
    assert "Retry-After" not in response


def test_structured_answer_is_a_value_beside_its_text(api: APIClient, running: AIRequest) -> None:
    output = {"category": "billing"}
    AIRequest.objects.filter(pk=running.pk).move(Status.DONE, result="{'category': ...", output=output, repaired=True)
    body = api.get(url(running)).json()
    assert (body["result"], body["output"], body["repaired"]) == ("{'category': ...", output, True)
    (row,) = api.get("/api/v1/requests").json()["results"]
    assert row["repaired"]
    assert "output" not in row


def test_answer_without_a_form_has_no_value(api: APIClient, done: AIRequest) -> None:
    body = api.get(url(done)).json()
    assert (body["output"], body["repaired"]) == (None, False)


def test_failed_request_says_why_and_keeps_its_part(api: APIClient, running: AIRequest) -> None:
    AIRequest.objects.filter(pk=running.pk).move(
        Status.FAILED, partial="Hé", error_code="incomplete", error_message="The model stopped."
    )
    body = api.get(url(running)).json()
    assert body["error"] == {"code": "incomplete", "message": "The model stopped."}
    assert (body["partial"], body["result"]) == ("Hé", None)


def test_unfinished_request_says_when_to_ask_again(api: APIClient, request_of_alice: AIRequest) -> None:
    assert api.get(url(request_of_alice))["Retry-After"] == "1"


def test_links_lead_only_where_something_is(api: APIClient, request_of_alice: AIRequest) -> None:
    waiting = api.get(url(request_of_alice)).data["links"]
    assert set(waiting) == {"self", "page", "events", "socket", "cancel"}
    finished = api.post(waiting["cancel"]).data["links"]
    assert set(finished) == {"self", "page", "events", "socket", "retry"}


def test_waiting_reason_follows_what_is_missing(
    api: APIClient, request_of_alice: AIRequest, lease: WorkerLease
) -> None:
    assert api.get(url(request_of_alice)).data["waiting_for"] == "turn"
    AIRequest.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    assert api.get(url(request_of_alice)).data["waiting_for"] == "not_before"
    AIRequest.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    WorkerLease.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert api.get(url(request_of_alice)).data["waiting_for"] == "worker"


def test_unchanged_request_is_not_sent_again(api: APIClient, request_of_alice: AIRequest) -> None:
    first = api.get(url(request_of_alice))
    again = api.get(url(request_of_alice), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Retry-After"] == "1"


def test_changed_request_is_sent_again(api: APIClient, running: AIRequest) -> None:
    first = api.get(url(running))
    StreamChunk.objects.create(request_id=running.pk, attempt=1, start=3, text=" more")
    again = api.get(url(running), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.data["partial"]) == (200, "Hé😀 more")


def test_waiting_request_is_cancelled_at_once_and_again(api: APIClient, request_of_alice: AIRequest) -> None:
    for _ in range(2):
        response = api.post(url(request_of_alice, "/cancel"))
        assert (response.status_code, response.data["status"]) == (200, "cancelled")
        assert response.data["cancelling"] is False


def test_running_request_is_asked_to_stop(api: APIClient, running: AIRequest) -> None:
    response = api.post(url(running, "/cancel"))
    assert (response.data["status"], response.data["cancelling"]) == ("processing", True)


def test_cancelling_a_finished_request_changes_nothing(api: APIClient, done: AIRequest) -> None:
    response = api.post(url(done, "/cancel"))
    assert (response.data["status"], response.data["cancelling"]) == ("done", False)


def test_retry_is_a_new_request_linked_to_the_old(api: APIClient, done: AIRequest) -> None:
    response = api.post(url(done, "/retry"))
    assert (response.status_code, response.data["status"]) == (202, "pending")
    assert response.data["retry_of"] == done.pk
    assert response["Location"].endswith(str(response.data["id"]))


@pytest.mark.parametrize(("method", "command"), [("get", ""), ("post", "/cancel"), ("post", "/retry")])
def test_strangers_request_is_absent_like_a_missing_one(
    mallorys: APIClient, request_of_alice: AIRequest, method: str, command: str
) -> None:
    foreign = getattr(mallorys, method)(url(request_of_alice, command))
    missing = getattr(mallorys, method)(f"/api/v1/requests/00000000-0000-7000-8000-000000000000{command}")
    assert foreign.status_code == missing.status_code == 404
    assert {**foreign.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    request_of_alice.refresh_from_db()
    assert request_of_alice.status == "pending"


def test_team_mates_do_not_see_each_others_text(api: APIClient, alice: User, bob: User) -> None:
    alice.personal_team.members.add(bob)
    of_bob = accepted(bob, team=alice.personal_team)
    assert api.get(url(of_bob)).status_code == 404


@pytest.mark.parametrize(
    ("called", "outcome", "reason", "words"),
    [
        ("asked", "provider_unavailable", "provider_unavailable", "did not answer, or not to the end."),
        ("asked", "context_exceeded", "context_exceeded", "The input does not fit into the model's window."),
        ("another", "done", "passed_over", "was not called: it was left alone after failures, rested as"),
    ],
)
def test_another_model_than_the_one_asked_says_why(
    api: APIClient, done: AIRequest, called: str, outcome: str, reason: str, words: str
) -> None:
    done.refresh_from_db()
    model = done.model_asked if called == "asked" else "m"
    done.attempts.create(number=1, reason="first", provider="p", model=model, outcome=outcome)
    told = api.get(url(done)).json()["fallback"]
    assert (told["asked"], told["used"], told["reason"]) == (done.model_asked, "m", reason)
    assert words in told["message"]


@pytest.mark.parametrize(
    ("why", "seconds", "words"),
    [
        (
            "failing",
            9.5,
            "it was left alone after failures. It could be called again from 12:00:09 UTC.",
        ),
        ("key_rejected", 60.0, "its provider had turned our key down. It could be called again from"),
        (
            "probing",
            5.0,
            "trying whether it works again. It could be called again from 12:00:05 UTC.",
        ),
        ("rate_limited", 40.0, "it rested, as its provider limits how much it is asked. It could be called again from"),
        ("limit_full", 30.0, "it had used up its limit of the minute. It could be called again from 12:00:30 UTC."),
        ("context_exceeded", None, "the input does not fit into its window."),
        ("of a later release", None, "it was left alone after failures, rested as its provider had asked, or had used"),
    ],
)
def test_a_model_that_was_passed_over_says_which_of_the_reasons_it_was(
    api: APIClient, done: AIRequest, why: str, seconds: float | None, words: str
) -> None:
    done.refresh_from_db()
    asked = {"model": done.model_asked, "why": why, "seconds": seconds}
    passed = [{"model": "before", "why": "failing", "seconds": 1}, asked]
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    done.attempts.create(number=1, reason="fallback", provider="p", model="m", passed_over=passed, started=noon)
    told = api.get(url(done)).json()["fallback"]
    assert (told["reason"], told["why"]) == ("passed_over", why)
    free = None if seconds is None else noon + timedelta(seconds=seconds)
    assert (told["free_at"] and datetime.fromisoformat(told["free_at"])) == free
    assert told["message"].startswith(done.model_asked)
    assert words in told["message"]


def test_the_model_that_was_asked_says_nothing_of_it(api: APIClient, done: AIRequest) -> None:
    done.refresh_from_db()
    AIRequest.objects.filter(pk=done.pk).update(model=done.model_asked)
    assert api.get(url(done)).json()["fallback"] is None
