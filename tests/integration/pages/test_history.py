"""The History page, as the server renders it: a table, filters in the address, cancelling in bulk, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from config.bridge import PARTS_HELD
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, Status
from requests_app.pages import export
from requests_app.paging import PAGE
from tests.integration.pages.conftest import MODEL, ended, running


def shown(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"/history{query}")
    assert answer.status_code == 200
    return [str(row.pk) for row in answer.context["history"].rows]


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/history.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode())))


@pytest.fixture
def theirs(mallory: User) -> AIRequest:
    return accept(mallory, Submission(prompt_key="ticket_classify", payload={"ticket": "A secret."})).request


def many(request: AIRequest, count: int) -> None:
    """So many older ones like it, a minute between each."""
    values = {
        field.attname: getattr(request, field.attname)
        for field in AIRequest._meta.concrete_fields
        if field.attname not in ("id", "created")
    }
    AIRequest.objects.bulk_create(
        AIRequest(**values, created=request.created - timedelta(minutes=number)) for number in range(1, count + 1)
    )


@pytest.mark.parametrize("path", ["/history", "/history.csv"])
@pytest.mark.django_db
def test_strangers_log_in_first(path: str) -> None:
    assertRedirects(Client().get(path), f"/login?next={path}")


@pytest.mark.django_db
def test_parts_of_the_page_never_become_the_log_in() -> None:
    for answer in (Client().get("/history/rows"), Client().get("/history", headers={"HX-Request": "true"})):
        assert (answer.status_code, answer["HX-Refresh"]) == (401, "true")


def test_the_list_is_ones_own(page: Client, summary: AIRequest, theirs: AIRequest) -> None:
    assert shown(page) == [str(summary.pk)]
    assert [row["id"] for row in table(page)] == [str(summary.pk)]
    answer = page.get(f"/history/rows?id={summary.pk}&id={theirs.pk}")
    assertContains(answer, str(summary.pk))
    assertNotContains(answer, str(theirs.pk))


def test_a_row_says_what_became_of_a_request(page: Client, summary: AIRequest) -> None:
    ended(summary, text="Done.", input_tokens=1200, cost_usd=Decimal("0.0123"))
    answer = page.get("/history")
    [row] = answer.context["history"].rows
    assert (row.prompt, row.model, row.tokens, row.excerpt) == (
        "document_summary@1",
        MODEL,
        ("1,200", "4"),
        "The quay.",
    )
    for words in ("$0.0123", "document_summary@1", "1,200", 'data-state="done"', str(summary.pk)):
        assertContains(answer, words)


def test_an_unknown_cost_is_not_nothing(page: Client, summary: AIRequest) -> None:
    ended(summary, text="Done.", cost_usd=None)
    assertContains(page.get("/history"), "unknown")
    assert [row["cost_usd"] for row in table(page)] == ["unknown"]


def test_a_failure_says_why(page: Client, summary: AIRequest) -> None:
    ended(summary, Status.FAILED, "Half", error_code="incomplete")
    assertContains(page.get("/history"), "The answer broke off before its end.")


def test_filters_narrow_page_and_csv_alike(page: Client, summary: AIRequest, sorting: AIRequest) -> None:
    ended(sorting, text="{}", model="big-one")
    AIRequest.objects.filter(pk=summary.pk).update(object_id="T 1&2")
    for query, found in (
        ("?status=done", sorting),
        ("?status=pending&status=processing", summary),
        ("?prompt_key=ticket_classify", sorting),
        ("?model=big-one", sorting),
        ("?object_id=T+1%262", summary),
        ("?prompt_key=&model=&since=&until=&tz=&object_id=&status=done", sorting),
    ):
        assert shown(page, query) == [row["id"] for row in table(page, query)] == [str(found.pk)], query


def test_days_begin_where_the_viewer_is(page: Client, summary: AIRequest) -> None:
    AIRequest.objects.update(created=datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
    assert shown(page, "?since=2026-03-09&until=2026-03-09") == [str(summary.pk)]
    assert shown(page, "?until=2026-03-08") == []
    assert shown(page, "?since=2026-03-10&until=2026-03-10&tz=Europe/Zurich") == [str(summary.pk)]
    assert shown(page, "?until=2026-03-09&tz=Europe/Zurich") == []


def test_a_day_holds_its_first_moment_and_not_the_next_days(page: Client, summary: AIRequest) -> None:
    AIRequest.objects.update(created=datetime(2026, 3, 9, tzinfo=UTC))
    assert shown(page, "?since=2026-03-09") == [str(summary.pk)]
    assert shown(page, "?until=2026-03-08") == []


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("status=finished", "Status"),
        ("since=yesterday", "From"),
        ("until=9999-12-31", "To"),
        ("since=0001-01-01", "From"),
        ("tz=Mars/Olympus", "Time zone"),
        ("tz=../../etc/passwd", "Time zone"),
        ("tz=America", "Time zone"),
        ("object_id=a%00b", "Object id"),
        ("created_after=soon", "Created after"),
        ("cursor=garbage", "Page"),
    ],
)
def test_a_wrong_filter_is_named_and_shows_nothing(page: Client, summary: AIRequest, query: str, label: str) -> None:
    for path in ("/history", "/history.csv"):
        answer = page.get(f"{path}?{query}")
        assertContains(answer, f"<b>{label}</b>:", status_code=400)
        assertNotContains(answer, str(summary.pk), status_code=400)


def test_pages_go_on_by_key(page: Client, summary: AIRequest) -> None:
    many(summary, PAGE + 2)
    seen = shown(page, "?status=pending")
    older = page.get("/history?status=pending").context["history"].older
    assert "status=pending" in older
    seen += shown(page, f"?{older}")
    assert seen == [str(pk) for pk in AIRequest.objects.values_list("pk", flat=True)]
    last = page.get(f"/history?{older}").context["history"]
    assert (last.older, last.newest) == ("", "status=pending")


def test_the_queries_do_not_grow_with_the_rows(page: Client, summary: AIRequest) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            page.get("/history")
        return [query["sql"] for query in captured]

    many(summary, 1)  # of those that wait the place is looked up, whatever their number
    few = queries()
    many(summary, PAGE)
    assert len(queries()) == len(few)
    assert not any('"result"' in sql or '"partial"' in sql for sql in few)


def test_nothing_sent_yet(page: Client) -> None:
    answer = page.get("/history")
    assertContains(answer, "Nothing sent yet")
    assertContains(answer, "Run a prompt")


def test_nothing_fits(page: Client, summary: AIRequest) -> None:
    answer = page.get("/history?status=done")
    assertContains(answer, "No request fits these filters")
    assertContains(answer, "Clear filters")


def cancel(client: Client, *requests: AIRequest, query: str = "") -> str:
    answer = client.post("/history/cancel", {"id": [str(each.pk) for each in requests], "query": query}, follow=True)
    assert answer.redirect_chain == [(f"/history?{query}" if query else "/history", 302)]
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.fixture
def accepted(alice: User) -> Callable[[], AIRequest]:
    return lambda: accept(alice, Submission(prompt_key="document_summary", payload={"document": "More."})).request


def test_cancelling_ends_what_waits_and_asks_what_runs(
    page: Client, summary: AIRequest, sorting: AIRequest, accepted: Callable[[], AIRequest]
) -> None:
    running(sorting)
    late = ended(accepted(), text="Done.")
    said = cancel(page, summary, sorting, late, query="status=pending")
    assert said == "Cancelled one request. One that is running stops now. One had ended already."
    for each in (summary, sorting, late):
        each.refresh_from_db()
    assert (summary.status, late.status) == (Status.CANCELLED, Status.DONE)
    assert (sorting.status, sorting.cancel_requested_at is None) == (Status.PROCESSING, False)


def test_what_another_sent_is_not_cancelled(page: Client, theirs: AIRequest) -> None:
    assert cancel(page, theirs) == "None of these requests is yours, so none was cancelled."
    theirs.refresh_from_db()
    assert theirs.status == Status.PENDING


def test_nothing_chosen_cancels_nothing(page: Client, summary: AIRequest) -> None:
    assert cancel(page) == "No request was chosen, so none was cancelled."
    summary.refresh_from_db()
    assert summary.status == Status.PENDING


def test_no_more_than_a_page_is_cancelled_at_once(page: Client, summary: AIRequest) -> None:
    many(summary, PAGE)
    said = cancel(page, *AIRequest.objects.all())
    assert said == f"At most {PAGE} requests can be cancelled at once, so none was cancelled."
    assert not AIRequest.objects.exclude(status=Status.PENDING).exists()
    assert cancel(page, *AIRequest.objects.all()[:PAGE]) == f"Cancelled {PAGE} requests."


def test_after_cancelling_nobody_is_led_elsewhere(page: Client) -> None:
    answer = page.post("/history/cancel", {"query": "//evil.example/&next=https://evil.example&status=done"})
    assert answer["Location"] == "/history?status=done"


def test_cancelling_is_no_link(page: Client) -> None:
    assert page.get("/history/cancel").status_code == 405


def test_csv_holds_no_texts_and_no_formulas(page: Client, summary: AIRequest) -> None:
    ended(summary, text="The answer.", cost_usd=Decimal("0.000000000001"))
    AIRequest.objects.update(object_id='=HYPERLINK("https://evil.example")')
    answer = page.get("/history.csv")
    text = b"".join(answer).decode()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="lintel-history-')
    assert "The quay." not in text
    assert "The answer." not in text
    [row] = table(page)
    assert row["object_id"] == '\'=HYPERLINK("https://evil.example")'
    assert (row["cost_usd"], row["usage_estimated"]) == ("0.000000000001", "false")


def test_csv_comes_in_batches_of_equal_cost(page: Client, summary: AIRequest) -> None:
    many(summary, 2_500)
    with CaptureQueriesContext(connection) as queries:
        rows = table(page)
    assert len({row["id"] for row in rows}) == len(rows) == 2_501
    assert sum("requests_app_airequest" in query["sql"] for query in queries) == 3
    assert not any('"payload"' in query["sql"] or "OFFSET" in query["sql"] for query in queries)


def test_csv_has_an_end_that_a_slow_reader_s_thread_need_not_wait_for(
    page: Client, summary: AIRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert export.MOST_BATCHES + 1 < PARTS_HELD
    monkeypatch.setattr(export, "MOST_BATCHES", 2)
    many(summary, 2_500)
    assert len(table(page)) == 2_000


def test_what_a_program_would_ask_for_is_the_same_list(page: Client, api_token: str, summary: AIRequest) -> None:
    AIRequest.objects.update(created=datetime(2026, 3, 9, tzinfo=UTC))
    snippet = page.get("/history?since=2026-03-09&until=2026-03-09&status=pending").context["history"].snippets[0]
    address = snippet.code.split("'http://testserver")[1].split("'")[0]
    found = Client(headers={"Authorization": f"Bearer {api_token}"}).get(address).json()
    assert [row["id"] for row in found["results"]] == [str(summary.pk)]
    assert "created_after" in address
    assert "tz" not in address
