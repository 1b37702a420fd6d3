"""Deleting and restoring on the pages: on a request's own, in bulk, and the list of what is deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from requests_app import deletion
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, Status
from requests_app.paging import PAGE
from tests.integration.pages.conftest import ended, running
from tests.integration.pages.test_history import many, shown, table

DELETED = "?deleted=yes"
UNDO = "Undo</button>"


@pytest.fixture
def theirs(mallory: User) -> AIRequest:
    return accept(mallory, Submission(prompt_key="ticket_classify", payload={"ticket": "A secret."})).request


def said(client: Client, path: str, *requests: AIRequest, query: str = "") -> str:
    answer = client.post(path, {"id": [str(each.pk) for each in requests], "query": query}, follow=True)
    assert answer.redirect_chain == [(f"/history?{query}" if query else "/history", 302)]
    return " ".join(str(message) for message in answer.context["messages"])


def is_deleted(request: AIRequest) -> bool:
    return AIRequest.objects.filter(pk=request.pk, deleted_at__isnull=False).exists()


def test_page_s_button_deletes_and_history_offers_the_way_back(page: Client, summary: AIRequest) -> None:
    ended(summary, text="Done.")
    assertContains(page.get(f"/requests/{summary.pk}"), f'action="/requests/{summary.pk}/delete"')
    answer = page.post(f"/requests/{summary.pk}/delete", follow=True)
    assertRedirects(answer, "/history")
    assertContains(answer, "Deleted one request.")
    assertContains(answer, f'<input type="hidden" name="id" value="{summary.pk}">')
    assertContains(answer, UNDO)
    assert is_deleted(summary)
    assertNotContains(page.get("/history"), UNDO)  # said once


def test_undo_brings_it_back(page: Client, summary: AIRequest) -> None:
    page.post(f"/requests/{summary.pk}/delete", follow=True)
    assert said(page, "/history/restore", summary, query="status=cancelled") == "Restored one request."
    assert not is_deleted(summary)
    assert page.get(f"/requests/{summary.pk}").status_code == 200


def test_undo_is_said_where_the_message_is_read_elsewhere(page: Client, summary: AIRequest) -> None:
    page.post(f"/requests/{summary.pk}/delete")
    answer = page.get("/")
    assertContains(answer, "Deleted one request.")
    assertNotContains(answer, UNDO)


@pytest.mark.parametrize("busy", [False, True])
def test_open_one_is_cancelled_and_the_button_says_so(page: Client, summary: AIRequest, busy: bool) -> None:
    if busy:
        running(summary, "Half")
    assertContains(page.get(f"/requests/{summary.pk}"), "It is cancelled, as it has not ended.")
    answer = page.post(f"/requests/{summary.pk}/delete", follow=True)
    assertContains(answer, "Deleted one request. One had not ended and was cancelled.")
    summary.refresh_from_db()
    assert summary.cancel_requested_at if busy else summary.status == Status.CANCELLED


def test_ended_one_is_not_said_to_be_cancelled(page: Client, summary: AIRequest) -> None:
    ended(summary, text="Done.")
    assertNotContains(page.get(f"/requests/{summary.pk}"), "It is cancelled")


@pytest.mark.parametrize("part", ["", "/answer", "/state"])
def test_deleted_one_is_not_found_by_its_owner(page: Client, summary: AIRequest, part: str) -> None:
    deletion.delete(summary)
    assert page.get(f"/requests/{summary.pk}{part}").status_code == 404
    assert page.post(f"/requests/{summary.pk}/delete").status_code == 404


def test_stranger_neither_deletes_nor_restores(mallorys: Client, summary: AIRequest) -> None:
    assert mallorys.post(f"/requests/{summary.pk}/delete").status_code == 404
    none_deleted = "None of these requests is yours, so none was deleted."
    assert said(mallorys, "/history/delete", summary) == none_deleted
    assert not is_deleted(summary)
    deletion.delete(summary)
    assert said(mallorys, "/history/restore", summary).startswith("Nothing was restored")
    assert is_deleted(summary)
    assert shown(mallorys, DELETED) == []


@pytest.mark.django_db
def test_who_is_not_logged_in_is_sent_to_the_log_in(summary: AIRequest) -> None:
    for path in ("/history/delete", "/history/restore", f"/requests/{summary.pk}/delete"):
        assertRedirects(Client().post(path, {"id": str(summary.pk)}), f"/login?next={path}")
    assert not is_deleted(summary)


def test_each_form_needs_its_token(alice: User, summary: AIRequest) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    for path in ("/history/delete", "/history/restore", f"/requests/{summary.pk}/delete"):
        assert client.post(path, {"id": str(summary.pk)}).status_code == 403
    assert not is_deleted(summary)


def test_none_of_it_is_a_link(page: Client, summary: AIRequest) -> None:
    for path in ("/history/delete", "/history/restore", f"/requests/{summary.pk}/delete"):
        assert page.get(path).status_code == 405


def test_chosen_ones_are_deleted_and_the_rest_stays(
    page: Client, alice: User, summary: AIRequest, sorting: AIRequest
) -> None:
    kept = accept(alice, Submission(prompt_key="document_summary", payload={"document": "Kept."})).request
    ended(sorting, text="{}")
    words = "Deleted 2 requests. One had not ended and was cancelled."
    assert said(page, "/history/delete", summary, sorting, query="prompt_key=document_summary") == words
    assert shown(page) == [row["id"] for row in table(page)] == [str(kept.pk)]


def test_undo_after_many_names_each(page: Client, summary: AIRequest) -> None:
    many(summary, PAGE - 1)
    answer = page.post(
        "/history/delete", {"id": [str(each.pk) for each in AIRequest.objects.all()], "query": "status=pending"}
    )
    answer = page.get(answer["Location"])
    assert answer.content.decode().count('<input type="hidden" name="id"') == PAGE
    assert said(page, "/history/restore", *AIRequest.objects.all()) == f"Restored {PAGE} requests."


def test_nothing_chosen_and_too_much_chosen_do_nothing(page: Client, summary: AIRequest) -> None:
    assert said(page, "/history/delete") == "No request was chosen, so none was deleted."
    assert said(page, "/history/restore") == "No request was chosen, so none was restored."
    many(summary, PAGE)
    most = f"At most {PAGE} requests can be deleted at once, so none was deleted."
    assert said(page, "/history/delete", *AIRequest.objects.all()) == most
    assert not AIRequest.objects.exclude(deleted_at=None).exists()


def test_filter_shows_what_is_deleted_by_prompt_and_time_alone(
    page: Client, summary: AIRequest, sorting: AIRequest
) -> None:
    ended(summary, text="The answer.")
    deletion.delete(summary)
    assert shown(page) == [str(sorting.pk)]
    answer = page.get(f"/history{DELETED}")
    [row] = answer.context["history"].rows
    assert (row.pk, row.until - row.deleted) == (summary.pk, timedelta(days=7))
    assertContains(answer, "document_summary@1")
    assertContains(answer, row.until.strftime("%Y-%m-%d %H:%M UTC"))
    for text in ("The quay.", "The answer.", f"/requests/{summary.pk}"):
        assertNotContains(answer, text)


def test_csv_holds_deleted_ones_under_their_filter_alone(page: Client, summary: AIRequest, sorting: AIRequest) -> None:
    deletion.delete(summary)
    assert [row["id"] for row in table(page)] == [str(sorting.pk)]
    assert [row["id"] for row in table(page, DELETED)] == [str(summary.pk)]


def test_other_filters_narrow_what_is_deleted(page: Client, summary: AIRequest, sorting: AIRequest) -> None:
    for each in (summary, sorting):
        deletion.delete(each)
    assert shown(page, f"{DELETED}&prompt_key=ticket_classify") == [str(sorting.pk)]
    assertContains(page.get(f"/history{DELETED}&status=done"), "No deleted request fits these filters")


def test_erased_one_is_in_no_list(page: Client, summary: AIRequest) -> None:
    deletion.delete(summary)
    AIRequest.objects.update(deleted_at=timezone.now() - timedelta(days=8))
    assert deletion.erase() == 1
    assert shown(page, DELETED) == []
    assert said(page, "/history/restore", summary).startswith("Nothing was restored")


def test_wrong_filter_is_named(page: Client, summary: AIRequest) -> None:
    assertContains(page.get("/history?deleted=perhaps"), "<b>Deleted</b>:", status_code=400)


def test_empty_lists_say_what_will_be_here(page: Client, summary: AIRequest) -> None:
    assertContains(page.get(f"/history{DELETED}"), "Nothing to restore")
    deletion.delete(summary)
    answer = page.get("/history")
    assertContains(answer, "Nothing left here")
    assertContains(answer, 'href="/history?deleted=yes"')


def test_last_requests_on_run_leave_deleted_ones_out(page: Client, summary: AIRequest) -> None:
    deletion.delete(summary)
    assertContains(page.get("/"), "Nothing yet.")


def test_live_rows_leave_deleted_ones_out(page: Client, summary: AIRequest) -> None:
    deletion.delete(summary)
    assertNotContains(page.get(f"/history/rows?id={summary.pk}"), str(summary.pk))
