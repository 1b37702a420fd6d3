"""From a number in an answer to the passage, and from there into its document."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenDesk
from tests.browser.desk import Desk
from tests.browser.test_looks import FAINT, fits
from tests.process.stack import Person, Stack

PASSAGE = "Notice of the lease is given ninety days before its end."
TEXT = f"# Lease\n\nThe warehouse is old. {PASSAGE}\n\n{'It has a crane. ' * 200}"
ANSWER = "Ninety days [1].\n\n- Or so [1, 7]\n\n`row[1]`"
EMBEDDING = {"LINTEL_EMBEDDING_MODEL": "fake-embedding-32", "LINTEL_EMBEDDING_DIMENSIONS": "32"}
ANSWERED = """
from django.db import transaction
from accounts.models import User
from ai.rag.models import KnowledgeChunk, KnowledgeDocument
from ai.rag.viewing import viewing
from tests.integration.rag.answers import answered

person = User.objects.get(pk={person!r})
row = KnowledgeDocument.objects.get(source={document!r})
row.indexed = 1
row.save()
start = {text!r}.index({passage!r})
with transaction.atomic(), viewing(subject=person.pk, scopes=[]):
    chunk = KnowledgeChunk.objects.create(
        knowledge_document=row, version=1, generation=1, ordinal=0, text={passage!r}, start=start,
        end=start + len({passage!r}), heading_path=["Lease"], content_hash="x", tokens=9,
    )
    print(answered(person, chunk, text={answer!r}).pk)
"""


def answered(stack: Stack, person: Person, title: str = "The warehouse") -> str:
    """An answer from a document of theirs, in one commit: no worker may take it first."""
    with stack.client(person) as client:
        document = client.post("/api/v1/documents", json={"title": title, "text": TEXT}).json()["id"]
    told = {"person": person.id, "document": document, "text": TEXT, "passage": PASSAGE, "answer": ANSWER}
    embedding = {**EMBEDDING, "LINTEL_EMBEDDING_BASE_URL": f"{stack.fake_url}/v1"}
    before, stack.settings = stack.settings, {**stack.settings, **embedding}
    try:
        return stack.run("manage.py", "shell", "-v", "0", "-c", ANSWERED.format(**told)).split()[-1]
    finally:
        stack.settings = before


def test_a_number_shows_its_passage_and_leads_into_the_document(desk: Desk) -> None:
    page = desk.page
    page.goto(f"{desk.stack.base_url}/requests/{answered(desk.stack, desk.person)}")
    mark, card = page.locator("#answer a.mark").first, page.locator("#passage-card")
    mark.hover()
    expect(card).to_contain_text(PASSAGE)
    expect(card).to_contain_text("Lease")
    page.mouse.move(0, 0)
    expect(card).to_be_hidden()
    mark.focus()
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#source-1")).to_be_focused()
    expect(page.locator("#source-1 .passage")).to_have_text(PASSAGE)
    page.get_by_role("link", name="Show it in the document").click()
    expect(page.locator("mark#passage")).to_have_text(PASSAGE)
    expect(page.locator("mark#passage")).to_be_in_viewport()


def test_without_scripts_a_number_leads_to_its_passage(open_desk: OpenDesk, alice: Person) -> None:
    desk = open_desk(alice, java_script_enabled=False)
    desk.page.goto(f"{desk.stack.base_url}/requests/{answered(desk.stack, alice)}")
    desk.page.locator("#answer a.mark").first.click()
    expect(desk.page.locator("#source-1 .passage")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_sources_fit_and_can_be_read(open_desk: OpenDesk, alice: Person, width: int, scheme: str) -> None:
    desk = open_desk(alice, color_scheme=scheme)
    page = desk.page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{desk.stack.base_url}/requests/{answered(desk.stack, alice, 'unbroken' * 20)}")
    page.locator("#answer a.mark").last.click()
    page.locator("#answer a.mark").first.hover()
    expect(page.locator("#passage-card")).to_be_visible()
    assert fits(page)
    assert page.evaluate(FAINT) == []
