"""What is staged is taken once, when it rests, and found by the sweep where its message was lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import Error
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from ai.providers.fake import FakeProvider
from ai.rag import claims, staging
from ai.rag.checks import check_embedding
from ai.rag.ingest import reindex
from ai.rag.models import KnowledgeDocument, State
from ai.rag.signals import DocumentStaged, document_staged
from requests_app.sweep import sweep
from tests.integration.rag.shelf import TYPE, Shelf, indexed, live, story


@pytest.fixture
def told() -> Iterator[list[DocumentStaged]]:
    heard: list[DocumentStaged] = []

    def listen(facts: DocumentStaged, **_: Any) -> None:
        heard.append(facts)

    document_staged.connect(listen)
    yield heard
    document_staged.disconnect(listen)


def test_a_hundred_saves_are_one_reading(shelf: Shelf, fake: FakeProvider, told: list[DocumentStaged]) -> None:
    document = shelf.put(story(3))
    told.clear()
    for version in range(2, 102):
        shelf.texts[document.source, version] = f"Version {version} of the quay."
        staging.stage(shelf.source(document.source, version))
    assert not told
    again = reindex(document.pk)
    assert again is not None
    assert 0 < again <= staging.QUIET_S
    KnowledgeDocument.objects.update(not_before=document.staged)
    assert indexed(document).indexed == 101
    assert [call.question for call in fake.ledger.calls] == ["Version 101 of the quay."]


def test_a_document_that_never_rests_is_read_all_the_same(shelf: Shelf) -> None:
    document = shelf.put("The quay.")
    KnowledgeDocument.objects.update(staged=timezone.now() - timedelta(seconds=10))
    staging.stage(shelf.source(document.source, 2))
    assert claims.take(document.pk) is not None


def test_a_worker_hears_of_it_after_the_commit(shelf: Shelf, told: list[DocumentStaged]) -> None:
    with transaction.atomic():
        document = shelf.put("The quay.")
        assert not told
    assert told == [DocumentStaged(id=document.pk, after_s=staging.QUIET_S)]


def test_what_is_undone_was_never_staged(shelf: Shelf, told: list[DocumentStaged]) -> None:
    with transaction.atomic():
        shelf.put("The quay.")
        transaction.set_rollback(True)
    assert not told
    assert not KnowledgeDocument.objects.exists()


def test_the_sweep_finds_what_was_left(shelf: Shelf, told: list[DocumentStaged]) -> None:
    document = shelf.put("The quay.")
    told.clear()
    sweep()
    assert not told  # a worker was told just now
    KnowledgeDocument.objects.update(woken=timezone.now() - timedelta(seconds=staging.WAKE_AGAIN_S + 1))
    found = sweep()
    assert found is not None
    assert (found.indexing, told) == (1, [DocumentStaged(id=document.pk)])
    sweep()
    assert len(told) == 1


def test_a_dead_workers_document_is_taken_again(shelf: Shelf) -> None:
    document = shelf.put(story(3))
    dead = claims.take(document.pk)
    assert dead is not None
    assert claims.take(document.pk) is None
    KnowledgeDocument.objects.update(taken_until=timezone.now() - timedelta(seconds=1))
    assert indexed(document).state == State.READY
    with pytest.raises(claims.ClaimLost):
        dead.move(state=State.EMBEDDING)
    dead.release(after_s=0.0, failed=True)
    document.refresh_from_db()
    assert document.state == State.READY


def test_six_workers_and_six_savers(shelf: Shelf, fake: FakeProvider) -> None:
    """However they meet: in the end the newest version is there as a whole, and nothing waits."""
    document = shelf.put(story(8))
    go = threading.Barrier(12)

    def work() -> None:
        go.wait()
        for _turn in range(6):
            reindex(document.pk)
        connection.close()

    def save(number: int) -> None:
        go.wait()
        with saving:
            version = 1 + max(version for _id, version in shelf.texts)
            shelf.texts[document.source, version] = story(8, of=f"stone{version}")
            staging.stage(shelf.source(document.source, version))
        connection.close()

    saving = threading.Lock()  # as the row of their own document holds savers apart
    threads = [threading.Thread(target=work) for _ in range(6)]
    threads += [threading.Thread(target=save, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    KnowledgeDocument.objects.filter(state=State.STAGED).update(not_before=document.staged)
    indexed(document)
    assert (document.state, document.indexed) == (State.READY, 7)
    passages = shelf.passages(document)
    text = shelf.texts[document.source, 7]
    assert all(each.text == text[each.start : each.end] for each in passages)
    assert live(document) == {each.pk for each in passages}


def test_deleted_while_it_is_published(shelf: Shelf, fake: FakeProvider) -> None:
    """In threads: whichever commits first, nothing of it is found in the end."""
    for _round in range(5):
        document = shelf.put(story(8))
        threads = [
            threading.Thread(target=closing, args=[reindex, document.pk]),
            threading.Thread(target=closing, args=[staging.remove, TYPE, document.source]),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        document.refresh_from_db()
        assert document.state == State.REMOVED
        assert not live(document)
        assert not shelf.passages(document)


def closing(work: Any, *arguments: Any) -> None:
    work(*arguments)
    connection.close()


@pytest.mark.parametrize(("tokens", "errors"), [(0, 0), (200, 0), (511, 1), (5, 1)])
def test_a_passage_longer_than_the_window_is_refused(
    fake: FakeProvider, settings: Settings, tokens: int, errors: int
) -> None:
    settings.LINTEL_CHUNK_TOKENS = tokens
    found = check_embedding()
    assert len([each for each in found if isinstance(each, Error)]) == errors
    assert all(str(tokens) in each.msg for each in found)
