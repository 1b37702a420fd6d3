"""Narrow and wide, light and dark, still and moving."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import Desk
from tests.process.stack import Person, directive

WIDE = f"""{"unbroken" * 40}

| {" | ".join(f"column{n}" for n in range(14))} |
|{"---|" * 14}

```
{"code " * 60}
```

https://example.org/{"a" * 200}
"""
PAINTED = """
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = (color) => {
    const [r, g, b] = [...color].map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
"""
LIGHT = f"""() => {{ {PAINTED}
  return light(rgba(getComputedStyle(document.body).backgroundColor));
}}"""
# Text against what is painted behind it, by the formula of WCAG 2.2, 1.4.3. Returns what is below 4.5.
FAINT = f"""() => {{ {PAINTED}
  const behind = (node) => {{
    for (let at = node; at; at = at.parentElement) {{
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 200) return color;
    }}
    return [255, 255, 255];
  }};
  const seen = (node) => node.checkVisibility() && !node.closest(".visually-hidden, script, noscript");
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {{
    const [node, words] = [walker.currentNode.parentElement, walker.currentNode.data.trim()];
    if (!words || !seen(node)) continue;
    const [a, b] = [light(rgba(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faint.push(`${{contrast.toFixed(2)}} ${{words.slice(0, 40)}}`);
  }}
  return faint;
}}"""
NAMELESS = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
  .filter((control) => !(control.ariaLabel || control.textContent.trim() || control.labels?.length))
  .map((control) => control.outerHTML)"""


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_scrolls_sideways(open_desk: OpenDesk, alice: Person, width: int) -> None:
    desk = open_desk(alice)
    desk.page.set_viewport_size({"width": width, "height": 740})
    desk.send(directive(text=WIDE, chunk_chars=40))
    desk.wait_for_end()
    for fold in desk.page.locator("details").all():
        fold.locator("summary").click()
    assert fits(desk.page)
    for path in ("/?example", "/?prompt=contract_analysis", "/history", "/cost", "/api/docs"):
        desk.page.goto(f"{desk.stack.base_url}{path}")
        assert fits(desk.page), path
    desk.page.get_by_role("button", name="Log out").click()
    desk.page.wait_for_url("**/login")
    assert fits(desk.page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(open_desk: OpenDesk, alice: Person, scheme: str) -> None:
    desk = open_desk(alice, color_scheme=scheme, reduced_motion="reduce")
    desk.page.goto(f"{desk.stack.base_url}/?example")
    assert desk.page.evaluate(FAINT) == []
    desk.send(directive(text="Some **words**, `code`, [a link](https://example.org).\n\n> quoted", chunk_delay_s=0.05))
    desk.wait_for_text(20)
    assert desk.page.evaluate(FAINT) == []
    desk.wait_for_end()
    desk.page.locator("#headline .status[data-state=done]").wait_for()
    assert desk.page.evaluate(FAINT) == []
    desk.page.goto(f"{desk.stack.base_url}/history")
    assert desk.page.evaluate(FAINT) == []


def test_the_system_theme_is_followed_until_one_is_chosen(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, color_scheme="dark")
    assert desk.page.evaluate(LIGHT) < 0.3
    desk.page.get_by_role("button", name="Dark theme").click()
    assert desk.page.evaluate(LIGHT) > 0.8
    desk.page.reload()
    assert desk.page.evaluate(LIGHT) > 0.8
    expect(desk.page.get_by_role("button", name="Dark theme")).to_have_attribute("aria-pressed", "false")


def test_nothing_moves_for_those_who_asked(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, reduced_motion="reduce")
    desk.send(directive(text="word " * 100, chunk_delay_s=0.05))
    desk.wait_for_text(20)
    assert desk.page.evaluate("document.getAnimations().length") == 0
    desk.page.keyboard.press("Escape")
    desk.wait_for_end()


def test_every_control_has_a_name(desk: Desk) -> None:
    assert desk.page.evaluate(NAMELESS) == []
    desk.send("A text.")
    assert desk.page.evaluate(NAMELESS) == []


def test_the_focus_is_always_seen(desk: Desk) -> None:
    desk.page.goto(f"{desk.stack.base_url}/?prompt=document_summary")
    for _ in range(12):
        desk.page.keyboard.press("Tab")
        style = desk.page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow; })()"
        )
        assert style != "nonenone", desk.page.evaluate("document.activeElement.outerHTML")


def test_the_page_of_the_api_works_under_the_policy_and_in_the_dark(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, color_scheme="dark")
    desk.page.goto(f"{desk.stack.base_url}/api/docs")
    desk.page.locator("#operations-requests-requests_create button").first.click()
    assert desk.page.evaluate(LIGHT) < 0.3
    desk.page.get_by_role("button", name="Try it out").click()
    desk.page.get_by_role("button", name="Execute").click()
    expect(desk.page.locator(".live-responses-table .response-col_status").last).to_contain_text("202")
    assert desk.count() == 1
    desk.page.get_by_role("button", name="Dark theme").click()
    assert desk.page.evaluate(LIGHT) > 0.8
