"""The answer arrives exactly, whatever happens to the reader."""

from __future__ import annotations

import re
import subprocess
import sys

import httpx2
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import FAILING_MS, PATIENCE_MS, Desk
from tests.process.stack import Person, directive

TEXT = "Größe 👍🏽 in **naïve** 🇨🇭 日本語.\n\nA second paragraph 😀 of some length.\r\n\r\n" * 4
SLOW = {"text": TEXT, "chunk_chars": 3, "chunk_delay_s": 0.03}


def test_a_reload_goes_on_where_it_was(desk: Desk) -> None:
    request_id = desk.send(directive(**SLOW))
    before = desk.wait_for_text(40)
    desk.page.reload()
    after = desk.raw()
    assert TEXT.startswith(after)
    assert len(after) >= len(before)
    desk.wait_for_end()
    assert desk.raw() == TEXT == desk.row(request_id)["result"]


def test_a_second_tab_reads_along(desk: Desk) -> None:
    desk.send(directive(**SLOW))
    desk.wait_for_text(40)
    other = desk.context.new_page()
    other.goto(desk.page.url)
    desk.wait_for_end()
    desk.wait_for_end(other)
    assert desk.raw() == desk.raw(other) == TEXT
    assert desk.page.inner_text("#answer") == other.inner_text("#answer")


def test_paragraphs_are_rendered_as_they_end(desk: Desk) -> None:
    desk.send(directive(**SLOW))
    expect(desk.page.locator("[data-final=no] #answer .prose strong").first).to_have_text("naïve", timeout=PATIENCE_MS)
    desk.wait_for_end()
    assert desk.raw() == TEXT


SHEET = """async ([took, endsIn]) => {
    const { Sheet } = await import("/static/requests_app/sheet.js");
    const pauses = [], asked = [];
    let now = 0;
    performance.now = () => now;
    window.setTimeout = (then, pause) => { pauses.push([then, pause]); };
    window.fetch = async (url) => {
      asked.push(url);
      now += took;
      return { status: 200, text: async () => `<p>${url}</p><p data-tail></p>` };
    };
    const settled = async () => { for (let turn = 0; turn < 50; turn += 1) await Promise.resolve(); };
    const root = document.createElement("div");
    root.innerHTML = "<p data-tail></p>";
    const sheet = new Sheet(root, document.createElement("template"), "/answer");
    sheet.append("One.\\n\\n", "1:6");
    await settled();
    sheet.append("Two.\\n\\n", "1:12");
    if (endsIn === "pause") await sheet.settle();
    pauses[0][0]();
    await settled();
    return { pauses: pauses.map(([, pause]) => pause), asked, shown: root.textContent };
}"""


@pytest.mark.parametrize(("took", "pause"), [(10, 400), (1_000, 5_000)])
def test_renderings_pause_for_as_long_as_they_cost_the_server(desk: Desk, took: int, pause: int) -> None:
    found = desk.page.evaluate(SHEET, [took, ""])
    assert found["pauses"] == [pause, pause]
    assert found["asked"] == ["/answer?until=1%3A6", "/answer?until=1%3A12"]


def test_the_whole_answer_is_what_stays(desk: Desk) -> None:
    """A paragraph that ended while the rendering rested is not asked for any more."""
    found = desk.page.evaluate(SHEET, [1_000, "pause"])
    assert found["asked"] == ["/answer?until=1%3A6", "/answer"]
    assert found["shown"] == "/answer"


def test_a_lost_connection_is_said_and_made_good(desk: Desk) -> None:
    desk.expects_noise = True
    desk.send(directive(**SLOW))
    desk.wait_for_text(20)
    desk.context.set_offline(True)
    expect(desk.page.locator("[data-offline]")).to_be_visible()
    desk.context.set_offline(False)
    expect(desk.page.locator("[data-offline]")).to_be_hidden(timeout=PATIENCE_MS)
    desk.wait_for_end()
    assert desk.raw() == TEXT


def test_a_socket_that_breaks_again_and_again_loses_nothing(desk: Desk) -> None:
    desk.page.add_init_script(
        """const Real = WebSocket;
        window.WebSocket = class extends Real {
          constructor(...args) {
            super(...args);
            let left = 2;
            this.addEventListener("message", () => { if (--left === 0) setTimeout(() => this.close(3000)); });
          }
        };"""
    )
    desk.send(directive(text=TEXT, chunk_chars=5, chunk_delay_s=0.2))
    desk.wait_for_end()
    assert desk.raw() == TEXT


@pytest.mark.parametrize("closed", [["**/ws/**"], ["**/ws/**", "**/events**"]])
def test_other_ways_are_found(desk: Desk, closed: list[str]) -> None:
    desk.expects_noise = True
    desk.page.route_web_socket("**/ws/**", lambda socket: socket.close(code=1011))
    for pattern in closed[1:]:
        desk.page.route(pattern, lambda route: route.abort())
    desk.send(directive(text=TEXT, chunk_chars=3, chunk_delay_s=0.05))
    desk.wait_for_end()
    assert desk.raw() == TEXT


def test_a_failure_is_said_and_the_part_kept(desk: Desk) -> None:
    request_id = desk.send(directive(text="Half an answer. And more.", chunk_chars=4, after_chunks=4, ending="cut"))
    desk.wait_for_end(patience_ms=FAILING_MS)
    row = desk.row(request_id)
    assert row["status"] == "failed"
    assert row["partial"] == desk.raw() == "Half an answer. "
    expect(desk.page.locator("[data-alert]")).to_have_text("The request failed.")
    expect(desk.page.locator("#notices .bad")).to_contain_text("What had been written is kept.")
    expect(desk.page.locator(".timeline")).to_contain_text("Asked smollm2-135m-instruct again")


def test_data_is_shown_as_a_list(desk: Desk) -> None:
    answer = '{"category": "payment", "urgency": "high"}'
    desk.send(directive(text=answer, chunk_chars=5, chunk_delay_s=0.02), prompt="ticket_classify")
    desk.wait_for_end()
    assert desk.page.locator("#answer dt").all_inner_texts() == ["Category", "Urgency"]
    assert desk.page.locator("#answer dd").all_inner_texts() == ["payment", "high"]
    desk.page.get_by_text("Raw JSON").click()
    expect(desk.page.locator("#answer pre")).to_contain_text('"urgency": "high"')


def test_a_second_question_is_told_and_begins_anew(desk: Desk) -> None:
    unfit = {"text": '{"category": "weather", "urgency": "unheard of"}', "chunk_chars": 4, "chunk_delay_s": 0.1}
    request_id = desk.send(directive(**unfit), prompt="ticket_classify")
    desk.wait_for_text(8)
    desk.wait_for_end()
    row = desk.row(request_id)
    assert desk.raw() == row["result"] != unfit["text"]
    expect(desk.page.locator("[data-log]")).to_contain_text("another form than required")
    expect(desk.page.locator(".timeline")).to_contain_text("Asked again for the required form")


def test_sentences_are_announced_not_tokens(desk: Desk) -> None:
    desk.send(
        directive(
            text="The first sentence. The second one! And a rest", chunk_chars=3, chunk_delay_s=0.02, first_delay_s=1
        )
    )
    desk.wait_for_end()
    lines = desk.page.locator("[role=log] p").all_inner_texts()
    assert [line for line in lines if "sentence" in line or "second" in line or "rest" in line] == [
        "The first sentence.",
        "The second one!",
        "And a rest",
    ]
    assert lines[-1] == "The answer is complete."


def test_another_owner_finds_nothing(desk: Desk, open_desk: OpenDesk, mallory: Person) -> None:
    desk.send(directive(text=TEXT))
    stranger = open_desk(mallory)
    stranger.expects_noise = True
    answer = stranger.page.goto(desk.page.url)
    assert answer is not None
    assert answer.status == 404
    expect(stranger.page.get_by_role("heading")).to_have_text("There is nothing here")


@pytest.mark.parametrize(("snippet", "shell"), [("snippet-curl", ["bash", "-e"]), ("snippet-python", [sys.executable])])
def test_what_the_page_offers_to_copy_runs(desk: Desk, snippet: str, shell: list[str]) -> None:
    desk.send(directive('It\'s "quoted" $HOME `x` \\n 😀', text="As asked."))
    desk.wait_for_end()
    code = desk.page.locator(f"#{snippet}").text_content()
    environment = {"LINTEL_TOKEN": desk.person.token, "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(shell, input=code, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    # One prints the answer, the other its events: as many as it came in.
    events = re.findall(r'"text": ?"([^"]*)"', done.stdout)
    assert "As asked." in ("".join(events) if events else done.stdout)
    listed = httpx2.get(f"{desk.stack.base_url}/api/v1/requests", headers=desk.person.headers).json()["results"]
    sent = [desk.row(row["id"])["payload"] for row in listed]
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_a_log_out_elsewhere_leads_to_the_log_in(desk: Desk) -> None:
    desk.expects_noise = True  # the browser reports the 401
    desk.send(directive(text="word " * 60, chunk_delay_s=0.05))
    desk.wait_for_text(10)
    other = desk.context.new_page()
    other.goto(f"{desk.stack.base_url}/")
    other.get_by_role("button", name="Log out").click()
    other.wait_for_url("**/login")
    desk.page.wait_for_url(lambda url: "/login?next=/requests/" in url, timeout=PATIENCE_MS)
