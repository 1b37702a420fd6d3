"""A request in the queue: its place is told, moves up by itself, and nothing jumps or chatters."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from config.local.child import Child
from tests.browser.desk import PATIENCE_MS, Desk
from tests.process.client import submit
from tests.process.stack import Stack, directive, wait_for

SHORT = directive(text="Short.")
TOPS = (
    "() => ['headline', 'answer', 'facts-title'].map((id) => document.getElementById(id).getBoundingClientRect().top)"
)
IN_A_TRANSACTION = """
SELECT count(*) FROM pg_stat_activity WHERE datname = 'lintel' AND pid <> pg_backend_pid() AND state <> 'idle'
"""


@pytest.fixture
def busy(desk: Desk, standing_worker: Child) -> Iterator[Desk]:
    """The worker lives and takes nothing, as if all its streams were in use."""
    wait_for(lambda: stopped(desk.stack, standing_worker), what="a moment without a transaction")
    desk.stack.sql("UPDATE requests_app_workerlease SET expires_at = clock_timestamp() + interval '1 hour'")
    yield desk
    standing_worker.tell_all(signal.SIGCONT)


def stopped(stack: Stack, worker: Child) -> bool:
    """Stopped where it holds no lock."""
    worker.tell_all(signal.SIGSTOP)
    if stack.sql(IN_A_TRANSACTION) == [(0,)]:
        return True
    worker.tell_all(signal.SIGCONT)
    return False


def queue_up(desk: Desk) -> list[str]:
    """Three requests; the page is that of the last."""
    ids = [submit(desk.stack, desk.person, SHORT), submit(desk.stack, desk.person, SHORT), desk.send(SHORT)]
    expect(desk.page.locator("[data-place] .step")).to_have_text("Waiting, 3rd in the queue", timeout=PATIENCE_MS)
    return ids


def cancel(desk: Desk, request_id: str) -> None:
    with desk.stack.client(desk.person) as http:
        assert http.post(f"/api/v1/requests/{request_id}/cancel").json()["status"] == "cancelled"


def test_place_moves_up_and_nothing_else_moves(busy: Desk) -> None:
    first, _second, _third = queue_up(busy)
    busy.says("[data-place] p", "2 requests are before it. All workers are busy.")
    expect(busy.page.locator("#answer")).to_contain_text("Waiting for its turn: 3rd in the queue.")
    busy.page.locator("#edit").focus()
    before = busy.page.evaluate(TOPS)
    cancel(busy, first)
    busy.says("[data-place] .step", "Waiting, 2nd in the queue")
    busy.says("[data-place] p", "One request is before it.")
    busy.says("#answer", "Waiting for its turn: 2nd in the queue.")
    assert busy.page.evaluate(TOPS) == before
    expect(busy.page.locator("#edit")).to_be_focused()


def test_place_is_spoken_seldom(busy: Desk) -> None:
    first, second, _third = queue_up(busy)
    for request_id, place in ((first, "2nd in the queue"), (second, "next in the queue")):
        cancel(busy, request_id)
        busy.says("[data-place] .step", place)
    expect(busy.page.locator("[data-log] p")).to_have_text(["Queued."])


def test_it_goes_on_when_its_turn_has_come(busy: Desk, standing_worker: Child) -> None:
    request_id = queue_up(busy)[-1]
    standing_worker.tell_all(signal.SIGCONT)
    busy.wait_for_end()
    expect(busy.page.locator("[data-place]")).to_have_count(0)
    assert busy.row(request_id)["result"] == "Short."


def test_loss_of_all_workers_is_said_and_made_good(busy: Desk) -> None:
    queue_up(busy)
    for left, count in (("-1 second", 1), ("1 hour", 0)):
        busy.stack.sql("UPDATE requests_app_workerlease SET expires_at = clock_timestamp() + %s::interval", left)
        expect(busy.page.locator("#notices", has_text="No worker is running")).to_have_count(count, timeout=PATIENCE_MS)


def test_row_of_history_follows(busy: Desk) -> None:
    first, _second, third = queue_up(busy)
    busy.page.goto(f"{busy.stack.base_url}/history")
    place = busy.page.locator(f"#row-{third} .place")
    expect(place).to_have_text("3rd in the queue")
    cancel(busy, first)
    expect(place).to_have_text("2nd in the queue", timeout=PATIENCE_MS)
    expect(busy.page.locator("[data-said]")).to_have_text("Document summary: cancelled.")


def test_hidden_tab_does_not_ask_for_its_place(busy: Desk) -> None:
    busy.page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.away ?? false })")
    queue_up(busy)
    busy.page.evaluate("window.away = true")
    asked: list[str] = []
    busy.page.on("request", lambda request: asked.append(request.url))
    busy.page.wait_for_timeout(2_500)
    assert asked == []
    with busy.page.expect_request("**/waiting"):
        busy.page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
