"""Many files at once, each with a bar of its own; and the same page on a phone."""

from __future__ import annotations

from playwright.sync_api import FilePayload, ViewportSize, expect

from tests.browser.desk import Desk

PHONE: ViewportSize = {"width": 360, "height": 740}
WIDER = "document.documentElement.scrollWidth > innerWidth"


def files(*sent: tuple[str, bytes]) -> list[FilePayload]:
    return [{"name": name, "mimeType": "text/plain", "buffer": data} for name, data in sent]


def test_each_file_has_its_bar_and_its_end(desk: Desk) -> None:
    desk.page.goto(f"{desk.stack.base_url}/documents")
    desk.expects_noise = True  # of the file that is refused
    many = [(f"{number}.txt", f"Number {number}.".encode()) for number in range(5)]
    desk.page.set_input_files("input[type=file]", files(*many, ("picture.pdf", b"\x89PNG\r\n\x1a\n")))
    expect(desk.page.locator(".uploads a")).to_have_count(5)
    expect(desk.page.locator(".uploads .wrong")).to_contain_text("This is a file of type image/png")
    expect(desk.page.get_by_role("button", name="Try again")).to_have_count(1)
    expect(desk.page.locator("#list li")).to_have_count(5)
    desk.page.locator("#list a").first.click()
    expect(desk.page.get_by_role("heading", level=1)).to_be_visible()


def test_what_does_not_arrive_is_tried_again(desk: Desk) -> None:
    desk.page.goto(f"{desk.stack.base_url}/documents")
    desk.expects_noise = True
    desk.page.context.set_offline(True)
    desk.page.set_input_files("input[type=file]", files(("a.txt", b"Words.")))
    expect(desk.page.locator(".uploads .wrong")).to_contain_text("cannot be reached")
    desk.page.context.set_offline(False)
    desk.page.get_by_role("button", name="Try again").click()
    expect(desk.page.locator(".uploads a")).to_have_count(1)


def test_nothing_is_wider_than_a_phone(desk: Desk) -> None:
    desk.page.set_viewport_size(PHONE)
    desk.page.goto(f"{desk.stack.base_url}/documents")
    desk.page.set_input_files("input[type=file]", files((f"{'unbroken' * 20}.txt", b"wide " + b"x" * 999)))
    desk.page.locator(".uploads a").wait_for()
    assert not desk.page.evaluate(WIDER)
    desk.page.locator(".uploads a").click()
    expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
    assert not desk.page.evaluate(WIDER)
