"""A person at a browser, and what the database says about what they did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.process.client import fetch
from tests.process.stack import Person, Stack

PATIENCE_MS = 20_000
FAILING_MS = 60_000  # a request whose every call fails is put back twice, for up to ten seconds each
PAUSE_MS = 25
RAW = "document.querySelector('[data-raw]').content.textContent"


@dataclass(kw_only=True)
class Desk:
    stack: Stack
    person: Person
    context: BrowserContext
    page: Page
    mishaps: list[str] = field(default_factory=list)
    expects_noise: bool = False
    """Set where a test cuts connections: browsers report each on the console, whatever a page does."""

    def log_in(self) -> None:
        self.page.goto(f"{self.stack.base_url}/")
        self.page.get_by_label("Name").fill(self.person.name)
        self.page.get_by_label("Password").fill(self.person.name)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.stack.base_url}/")

    def be_staff(self) -> None:
        self.stack.sql("UPDATE accounts_user SET is_staff = true WHERE id = %s", self.person.id)

    def write(self, text: str, *, prompt: str = "document_summary") -> None:
        """Fill the prompt's form with a text, and leave it unsent."""
        self.page.goto(f"{self.stack.base_url}/?prompt={prompt}")
        self.page.locator("form textarea").first.fill(text)

    def send(self, text: str, *, prompt: str = "document_summary") -> str:
        """Send a text, wait for the request's page, and return its id."""
        self.write(text, prompt=prompt)
        self.page.get_by_role("button", name="Send").click()
        return self.arrived()

    def arrived(self) -> str:
        self.page.wait_for_url("**/requests/*")
        return self.page.url.rsplit("/", 1)[1]

    def raw(self, page: Page | None = None) -> str:
        """The exact text that the page has put together."""
        text: str = (page or self.page).evaluate(RAW)
        return text

    def wait_for_text(self, least: int, page: Page | None = None) -> str:
        """Looked for from here: playwright's own waiting evaluates strings, which the page's policy forbids."""
        page = page or self.page
        for _ in range(PATIENCE_MS // PAUSE_MS):
            if len(self.raw(page)) >= least:
                break
            page.wait_for_timeout(PAUSE_MS)
        text = self.raw(page)
        assert len(text) >= least
        return text

    def wait_for_end(self, page: Page | None = None, *, patience_ms: int = PATIENCE_MS) -> None:
        expect((page or self.page).locator("[data-request][data-final=yes]")).to_be_attached(timeout=patience_ms)

    def come_to_rest(self) -> None:
        """Until it has settled, what was exchanged is a plain form: sent in these moments it loads the page anew."""
        expect(self.page.locator(".htmx-added, .htmx-swapping, .htmx-settling")).to_have_count(0)

    def row(self, request_id: str) -> dict[str, Any]:
        return fetch(self.stack, self.person, request_id)

    def count(self) -> int:
        [(count,)] = self.stack.sql("SELECT count(*) FROM requests_app_airequest WHERE user_id = %s", self.person.id)
        return int(count)

    def says(self, selector: str, words: str) -> None:
        expect(self.page.locator(selector)).to_contain_text(words, timeout=PATIENCE_MS)
