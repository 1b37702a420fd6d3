"""Text files into the long fields of a form: what is read, what is refused, and that nothing is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import Desk
from tests.process.stack import Person

TEXT = "Größe 😀\nsecond line"
DROP = """([zone, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const target = document.querySelector(zone);
  for (const type of ["dragover", "drop"])
    target.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def load(desk: Desk, content: bytes, name: str = "notes.txt") -> None:
    file: FilePayload = {"name": name, "mimeType": "text/plain", "buffer": content}
    with desk.page.expect_file_chooser() as chooser:
        desk.page.get_by_role("button", name="Load from file").press("Enter")
    chooser.value.set_files(file)


def note(desk: Desk, words: str) -> None:
    expect(desk.page.locator("[data-note]")).to_contain_text(words)


def sent_document(desk: Desk) -> str:
    desk.page.get_by_role("button", name="Send").click()
    return str(desk.row(desk.arrived())["payload"]["document"])


@pytest.mark.parametrize(
    "content",
    [TEXT.encode(), TEXT.encode("utf-8-sig"), TEXT.encode("utf-16"), b"\xfe\xff" + TEXT.encode("utf-16-be")],
    ids=["utf-8", "utf-8 with a mark", "utf-16", "utf-16 big end first"],
)
def test_a_file_is_read_and_sent(desk: Desk, content: bytes) -> None:
    desk.write("")
    load(desk, content)
    note(desk, "notes.txt: 19 characters.")
    expect(desk.page.locator("#v-document")).to_be_focused()
    assert sent_document(desk) == TEXT


def test_line_breaks_stay_as_they_are(desk: Desk) -> None:
    desk.write("")
    load(desk, b"one\r\ntwo\r\n")
    expect(desk.page.locator("[data-count]")).to_have_text("10 / 200,000")
    assert sent_document(desk) == "one\r\ntwo\r\n"
    desk.page.get_by_role("link", name="Edit and run again").click()
    desk.page.wait_for_url("**/?from=*")
    assert sent_document(desk) == "one\r\ntwo\r\n"


def test_what_stood_there_comes_back(desk: Desk) -> None:
    desk.write("Typed by hand.")
    load(desk, b"From a file.\r\n")
    desk.page.get_by_role("button", name="Bring back what stood here").click()
    expect(desk.page.locator("#v-document")).to_have_value("Typed by hand.")
    assert sent_document(desk) == "Typed by hand."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "photo.png is not a text file"),
        (b"a\x00b", "photo.png is not a text file"),
        ("Größe".encode("latin-1"), "photo.png is not a text file"),
        (b"x" * 8_001, "photo.png has 8,001 characters; this field takes 8,000."),
        (b"x" * 40_000, "photo.png is larger than the 8,000 characters that this field takes."),
    ],
    ids=["picture", "zero bytes", "another encoding", "too long", "far too long"],
)
def test_what_does_not_fit_changes_nothing(desk: Desk, content: bytes, words: str) -> None:
    desk.write("Typed by hand.", prompt="ticket_classify")
    load(desk, content, "photo.png")
    note(desk, words)
    expect(desk.page.locator("#v-ticket")).to_have_value("Typed by hand.")


def test_as_many_characters_as_the_field_takes(desk: Desk) -> None:
    desk.write("", prompt="ticket_classify")
    load(desk, ("😀" * 8_000).encode())
    note(desk, "notes.txt: 8,000 characters.")


def test_a_file_is_dropped_onto_its_field(desk: Desk) -> None:
    desk.write("")
    desk.page.evaluate(DROP, ["#v-document", "notes.txt", "Dropped."])
    note(desk, "notes.txt")
    expect(desk.page.locator("#v-document")).to_have_value("Dropped.")


def test_a_file_that_misses_its_field_does_no_harm(desk: Desk) -> None:
    desk.write("Typed by hand.")
    desk.page.evaluate(DROP, ["h1", "notes.txt", "Dropped."])
    expect(desk.page.locator("#v-document")).to_have_value("Typed by hand.")


def test_without_scripts_the_field_stays_as_it_is(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, java_script_enabled=False)
    desk.write("Plain.")
    expect(desk.page.get_by_role("button", name="Load from file")).to_have_count(0)
    assert sent_document(desk) == "Plain."


def test_what_was_typed_survives_an_offline_moment(desk: Desk) -> None:
    desk.expects_noise = True
    desk.write("Typed by hand.")
    desk.context.set_offline(True)
    expect(desk.page.locator("[data-offline]")).to_be_visible()
    desk.page.get_by_role("button", name="Send").click()
    expect(desk.page.locator("#v-document")).to_have_value("Typed by hand.")
    desk.context.set_offline(False)
    expect(desk.page.locator("[data-offline]")).to_be_hidden()
    assert sent_document(desk) == "Typed by hand."
