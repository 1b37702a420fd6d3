"""From a text to what is found of it: the old whole or the new whole, and nothing embedded twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from django.utils import timezone
from pytest_django.fixtures import Settings

from ai.models import LLMUsageLog
from ai.providers.fake import FakeProvider, Script
from ai.rag import ingest, staging
from ai.rag.extraction import ExtractionFailed
from ai.rag.ingest import reindex
from ai.rag.models import EmbeddingSet, KnowledgeChunk, KnowledgeDocument, KnowledgeVector, State
from ai.rag.viewing import viewing
from requests_app.models import BudgetHold, HoldState, TokenBudget
from tests.integration.rag.shelf import MODEL, TYPE, Shelf, indexed, live, story


def embedded(fake: FakeProvider) -> int:
    """Texts, not calls: the fake counts four bytes a token."""
    return sum(call.input_tokens for call in fake.ledger.calls)


def whole(shelf: Shelf, document: KnowledgeDocument, text: str) -> bool:
    """Each passage stands where it says it does in this text, and all of them are found."""
    passages = shelf.passages(document)
    at_place = all(text[each.start : each.end] == each.text for each in passages)
    covered = "".join(text.split()) == "".join("".join(fresh_texts(passages, text)).split())
    return at_place and covered and live(document) == {each.pk for each in passages}


def fresh_texts(passages: list[KnowledgeChunk], text: str) -> list[str]:
    at, fresh = 0, []
    for each in passages:
        fresh.append(text[max(at, each.start) : each.end])
        at = each.end
    return fresh


def test_a_document_is_found_as_a_whole(shelf: Shelf, fake: FakeProvider, target: EmbeddingSet) -> None:
    text = story(30)
    document = indexed(shelf.put(text))
    assert (document.state, document.indexed, document.generation) == (State.READY, 1, 1)
    assert document.done == document.total == len(shelf.passages(document)) > 8
    assert whole(shelf, document, text)
    assert document.embedding_set == target
    assert not KnowledgeVector.objects.filter(live=False).exists()


def test_the_owner_pays(shelf: Shelf, fake: FakeProvider) -> None:
    document = indexed(shelf.put(story(30)))
    rows = LLMUsageLog.objects.filter(prompt_key="index_document", object_id=str(document.source))
    assert {(row.subject, row.scope) for row in rows} == {(document.subject, document.scope)}
    assert sum(row.input_tokens for row in rows) == embedded(fake)
    assert BudgetHold.objects.get().state == HoldState.SETTLED


def test_an_edit_embeds_two_or_three_passages(shelf: Shelf, fake: FakeProvider) -> None:
    first = indexed(shelf.put(story(60)))
    kept = {each.pk for each in shelf.passages(first)}
    fake.ledger.calls.clear()
    edited = story(60).replace("by 31 masons", "by 31 masons and their 62 apprentices")
    document = indexed(shelf.put(edited, id=first.source))
    assert whole(shelf, document, edited)
    assert document.generation == 2
    new = {each.pk for each in shelf.passages(document)} - kept
    assert 1 <= len(new) <= 3
    assert len(fake.ledger.calls) == 1


def test_a_cited_passage_stays_as_it_was(shelf: Shelf) -> None:
    document = indexed(shelf.put(story(10)))
    passage = shelf.passages(document)[0]
    with viewing(subject=shelf.owner.pk, scopes=[]):
        KnowledgeChunk.objects.filter(pk=passage.pk).update(cited=True)
    indexed(shelf.put(story(10, of="plank"), id=document.source))
    with viewing(subject=shelf.owner.pk, scopes=[]):
        old = KnowledgeChunk.objects.filter(superseded=2).get()
    assert (old.pk, old.text, old.start, old.end) == (passage.pk, passage.text, passage.start, passage.end)
    assert old.pk not in live(document)


def test_saving_the_same_version_again_is_no_work(shelf: Shelf, fake: FakeProvider) -> None:
    document = indexed(shelf.put("The quay."))
    staging.stage(shelf.source(document.source, 1, title="Another title"))
    document.refresh_from_db()
    assert (document.state, document.title) == (State.READY, "Another title")


def test_what_is_shown_to_others_is_not_read_again(shelf: Shelf, fake: FakeProvider) -> None:
    document = indexed(shelf.put("The quay."))
    fake.ledger.calls.clear()
    staging.stage(shelf.source(document.source, 1, visibility="all"))
    document.refresh_from_db()
    assert document.state == State.READY
    assert KnowledgeVector.objects.get().visibility == "all"
    assert KnowledgeChunk.objects.count() == 1  # seen by nobody in particular
    assert not fake.ledger.calls


def test_what_is_hidden_while_it_is_read_comes_out_hidden(shelf: Shelf) -> None:
    document = shelf.put(story(10), visibility="all")
    shelf.reading = lambda: staging.stage(shelf.source(document.source, 1, visibility="private"))
    indexed(document)
    assert set(KnowledgeVector.objects.values_list("visibility", flat=True)) == {"private"}
    assert not KnowledgeChunk.objects.exists()


def test_removed_nothing_is_found_at_once(shelf: Shelf) -> None:
    document = indexed(shelf.put(story(10)))
    with viewing(subject=shelf.owner.pk, scopes=[]):
        KnowledgeChunk.objects.filter(pk=shelf.passages(document)[0].pk).update(cited=True)
    staging.remove(TYPE, document.source)
    assert not live(document)
    assert not shelf.passages(document)
    with viewing(subject=shelf.owner.pk, scopes=[]):
        assert KnowledgeChunk.objects.get().cited
    assert indexed(document).state == State.REMOVED


def test_removed_while_it_is_read_it_stays_away(shelf: Shelf, fake: FakeProvider) -> None:
    document = shelf.put(story(10))
    shelf.reading = lambda: staging.remove(TYPE, document.source)
    assert indexed(document).state == State.REMOVED
    assert not KnowledgeVector.objects.exists()
    assert not fake.ledger.calls


def test_a_newer_version_wins_over_the_one_that_is_read(shelf: Shelf, fake: FakeProvider) -> None:
    document = shelf.put(story(10))

    def save() -> None:
        shelf.reading = lambda: None
        shelf.put(story(10, of="plank"), id=document.source)

    shelf.reading = save
    assert indexed(document).indexed is None
    assert not fake.ledger.calls
    assert indexed(document).indexed == 2
    assert whole(shelf, document, story(10, of="plank"))


def test_an_embedder_that_fails_half_way_leaves_the_old_whole(
    shelf: Shelf, fake: FakeProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai.embedding.MOST_TEXTS", 5)
    document = indexed(shelf.put(story(40)))
    fake.scripts.push(Script(), Script(status=500), Script(status=500))
    new = story(40, of="plank")
    indexed(shelf.put(new, id=document.source))
    assert (document.state, document.indexed) == (State.READY, 1)
    document.refresh_from_db()
    assert (document.state, document.error_code, document.indexed) == (State.STAGED, "provider_unavailable", 1)
    assert whole(shelf, document, story(40))
    fake.ledger.calls.clear()
    KnowledgeDocument.objects.update(not_before=document.staged)
    assert indexed(document).state == State.READY
    assert whole(shelf, document, new)
    assert sum("plank number 0 " in call.question for call in fake.ledger.calls) == 0  # paid for already


def test_failures_in_a_row_are_bounded_and_can_be_tried_again(shelf: Shelf, fake: FakeProvider) -> None:
    document = shelf.put(story(3))
    fake.scripts.default = Script(status=500)
    for _try in range(ingest.MOST_FAILURES):
        KnowledgeDocument.objects.update(not_before=document.staged)
        indexed(document)
    assert (document.state, document.error_code) == (State.FAILED, "provider_unavailable")
    assert document.error
    fake.scripts.default = Script()
    assert staging.retry(document.pk)
    assert indexed(document).state == State.READY
    assert not staging.retry(document.pk)


def test_while_its_model_is_left_alone_a_document_waits_and_has_not_failed(
    shelf: Shelf, fake: FakeProvider, settings: Settings
) -> None:
    settings.LINTEL_BREAKER_CALLS = 5
    fake.scripts.push(Script(status=429, retry_after="40"))
    document = indexed(shelf.put(story(3)))
    assert (document.state, document.failures, len(fake.ledger.calls)) == (State.STAGED, 1, 1)
    for _try in range(2 * ingest.MOST_FAILURES):
        KnowledgeDocument.objects.update(not_before=document.staged)
        indexed(document)
    assert (document.state, document.failures, len(fake.ledger.calls)) == (State.STAGED, 1, 1)
    assert document.error_code == "provider_unavailable"
    assert document.not_before - timezone.now() > timedelta(seconds=20)
    with redis.Redis.from_url(settings.CACHE_URL) as shared:
        shared.delete(f"lintel:model:embeddings:{MODEL}")
    KnowledgeDocument.objects.update(not_before=document.staged)
    assert indexed(document).state == State.READY


def test_what_cannot_be_embedded_fails_at_once(shelf: Shelf, fake: FakeProvider) -> None:
    fake.scripts.push(Script(status=400))
    document = indexed(shelf.put(story(3)))
    assert (document.state, document.error_code) == (State.FAILED, "provider_rejected")


def test_a_text_that_cannot_be_had_says_why(shelf: Shelf) -> None:
    document = shelf.put("x")
    shelf.texts.clear()
    assert indexed(document).state == State.FAILED
    assert (document.error_code, document.error) == ("document_gone", "The document is gone.")


def test_a_text_that_may_be_had_later_is_tried_again(shelf: Shelf) -> None:
    document = shelf.put("The quay.")

    def busy() -> None:
        raise ExtractionFailed("extraction_busy", "No process could be started.", passing=True)

    shelf.reading = busy
    assert (indexed(document).state, document.error_code, document.failures) == (State.STAGED, "extraction_busy", 1)


def test_who_has_no_budget_waits(shelf: Shelf, fake: FakeProvider) -> None:
    TokenBudget.objects.create(user=shelf.owner, limit=3)
    document = indexed(shelf.put(story(10)))
    assert (document.state, document.error_code, document.failures) == (State.STAGED, "budget_exceeded", 0)
    assert not fake.ledger.calls


def test_without_a_model_it_waits_and_says_so(shelf: Shelf, settings: Settings) -> None:
    settings.LINTEL_EMBEDDING_BASE_URL = settings.LINTEL_EMBEDDING_MODEL = None
    document = indexed(shelf.put("The quay."))
    assert (document.state, document.error_code) == (State.STAGED, "no_embedding_model")


def test_a_long_document_goes_on_behind_others(
    shelf: Shelf, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "SLICE_S", -1.0)
    document = shelf.put(story(10))
    assert reindex(document.pk) == 0.0
    document.refresh_from_db()
    assert (document.state, document.failures) == (State.STAGED, 0)


def test_an_empty_text_is_ready_with_nothing(shelf: Shelf, fake: FakeProvider) -> None:
    assert indexed(shelf.put("  \n ")).state == State.READY
    assert not fake.ledger.calls


def test_what_says_the_same_twice_is_embedded_once(shelf: Shelf, fake: FakeProvider) -> None:
    text = "\n\n".join(["# Same", story(4), "# Same", story(4)])
    document = indexed(shelf.put(text))
    assert whole(shelf, document, text)
    assert embedded(fake) < len(text.encode()) / 4


def test_equal_documents_are_two(shelf: Shelf) -> None:
    first, second = indexed(shelf.put(story(5))), indexed(shelf.put(story(5)))
    staging.remove(TYPE, first.source)
    assert whole(shelf, second, story(5))


def test_characters_that_cannot_be_stored_are_replaced(shelf: Shelf) -> None:
    document = indexed(shelf.put("The quay\x00 of \ud800 stone."))
    assert [each.text for each in shelf.passages(document)] == ["The quay\ufffd of \ufffd stone."]
