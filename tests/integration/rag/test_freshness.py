"""Answers go stale with their documents: in the commit that changes one, whatever the answer is doing meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from ai.rag import staging
from ai.rag.context import block_of
from ai.rag.looking import passage_of
from ai.rag.models import EmbeddingSet, KnowledgeDocument
from ai.rag.signals import passages_superseded
from requests_app import days, freshness, sources
from requests_app.models import AIRequest, RequestSource
from requests_app.reports.figures import WHOLE, Subject
from requests_app.reports.gather import figures_of
from requests_app.signals import AnswersStale, answers_stale
from tests.integration.rag.answers import answered, begin, edit, end, give
from tests.integration.rag.shelf import TYPE, Shelf, indexed, story

pytestmark = pytest.mark.usefixtures("target")

WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def changes(request: AIRequest) -> list[tuple[str, int | None]]:
    return [(change.reason, change.version) for change in freshness.changes(request)]


def all_stale() -> set[AIRequest]:
    return set(freshness.stale(AIRequest.objects.all()))


@pytest.fixture
def quay(shelf: Shelf) -> KnowledgeDocument:
    return indexed(shelf.put(story(12)))


def test_an_edit_makes_those_answers_stale_that_cite_what_it_changed(shelf: Shelf, quay: KnowledgeDocument) -> None:
    first, *_between, last = shelf.passages(quay)
    of_first, of_last = answered(shelf.owner, first), answered(shelf.owner, last)
    edit(shelf, quay, story(12).replace("stone number 0 ", "brick number 0 "))
    assert all_stale() == {of_first}
    [change] = freshness.changes(of_first)
    assert (change.reason, change.version, change.source, change.title) == ("changed", 2, quay.source, "A text")
    assert of_first.completed is not None
    assert change.since > of_first.completed
    assert freshness.changes(of_last) == ()


def test_a_number_stands_for_all_its_passages(shelf: Shelf, quay: KnowledgeDocument) -> None:
    first, second, *_others = shelf.passages(quay)
    claim = begin(shelf.owner)
    sources.keep(claim.request, [block_of(1, [passage_of(first), passage_of(second)])], attempt=claim.attempt)
    answer = end(claim)
    edit(shelf, quay, story(12).replace("stone number 0 ", "brick number 0 "))
    assert changes(answer) == [("changed", 2)]


def test_what_an_answer_was_shown_and_does_not_cite_makes_it_not_stale(shelf: Shelf, quay: KnowledgeDocument) -> None:
    first, *_between, last = shelf.passages(quay)
    answer = answered(shelf.owner, last, first)
    edit(shelf, quay, story(12).replace("stone number 0 ", "brick number 0 "))
    assert RequestSource.objects.filter(stale_since__isnull=False).count() == 1
    assert freshness.changes(answer) == ()


def test_a_removed_document_makes_its_answers_stale(shelf: Shelf, quay: KnowledgeDocument) -> None:
    answer = answered(shelf.owner, shelf.passages(quay)[0])
    staging.remove(TYPE, quay.source)
    assert changes(answer) == [("removed", None)]


def test_gone_says_more_than_changed(shelf: Shelf, quay: KnowledgeDocument) -> None:
    answer = answered(shelf.owner, shelf.passages(quay)[0])
    edit(shelf, quay, "Another text.")
    [changed] = freshness.changes(answer)
    staging.remove(TYPE, quay.source)
    [removed] = freshness.changes(answer)
    assert (changed.reason, removed.reason, removed.since) == ("changed", "removed", changed.since)


def test_a_document_that_is_cut_anew_says_the_same(shelf: Shelf, quay: KnowledgeDocument, settings: Settings) -> None:
    answer = answered(shelf.owner, shelf.passages(quay)[0])
    settings.LINTEL_CHUNK_TOKENS = 100
    KnowledgeDocument.objects.update(embedding_set=None)
    staging.stage_all_for(EmbeddingSet.objects.get())
    KnowledgeDocument.objects.update(not_before=quay.staged)
    assert indexed(quay).generation == 2
    assert changes(answer) == []
    edit(shelf, quay, story(12).replace("stone number 0 ", "brick number 0 "))
    assert changes(answer) == [("changed", 2)]


def test_a_change_that_is_undone_marks_nothing(shelf: Shelf, quay: KnowledgeDocument) -> None:
    answer = answered(shelf.owner, shelf.passages(quay)[0])
    with transaction.atomic():
        staging.remove(TYPE, quay.source)
        transaction.set_rollback(True)
    assert changes(answer) == []


def test_a_listener_that_fails_undoes_the_change(shelf: Shelf, quay: KnowledgeDocument) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no room")

    passages_superseded.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            staging.remove(TYPE, quay.source)
    finally:
        passages_superseded.disconnect(fail)
    quay.refresh_from_db()
    assert quay.state == "ready"
    assert shelf.passages(quay)


def test_a_document_that_may_no_longer_be_seen_is_not_named(shelf: Shelf) -> None:
    dora = User.objects.create_user("dora")
    document = indexed(shelf.put(story(3), visibility="all"))
    answer = answered(dora, shelf.passages(document)[0])
    edit(shelf, document, "Another text.")  # for its owner alone from now on
    [change] = freshness.changes(answer)
    assert (change.reason, change.title, change.source, change.version) == ("changed", "", None, None)


def test_an_answer_that_was_not_delivered_is_not_stale(shelf: Shelf, quay: KnowledgeDocument) -> None:
    claim = begin(shelf.owner)
    give(claim, shelf.passages(quay)[0])
    edit(shelf, quay, "Another text.")
    assert changes(claim.request) == []
    assert all_stale() == set()
    assert changes(end(claim)) == [("changed", 2)]


def test_stale_answers_are_counted_once_a_change(shelf: Shelf, quay: KnowledgeDocument) -> None:
    told: list[AnswersStale] = []

    def hear(facts: AnswersStale, **_: Any) -> None:
        told.append(facts)

    first, second, *_others = shelf.passages(quay)
    for _each in range(2):
        answered(shelf.owner, first, second, text="Both [1, 2].")
    answers_stale.connect(hear)
    try:
        edit(shelf, quay, "Another text.")
        edit(shelf, quay, "One more.")
    finally:
        answers_stale.disconnect(hear)
    assert told == [AnswersStale(reason="changed", answers=2)]


def test_the_report_of_a_day_counts_an_answer_once(shelf: Shelf, quay: KnowledgeDocument) -> None:
    first, second, *_others = shelf.passages(quay)
    answered(shelf.owner, first, second, text="Both [1, 2].")
    answered(shelf.owner, second, first, text="The second alone [1].")
    shown_only = answered(shelf.owner, first, second, text="It cites nothing.")
    edit(shelf, quay, "Another text.")
    staging.remove(TYPE, quay.source)
    starts, ends = days.bounds(days.day_of(timezone.now()))
    figures = figures_of(starts, ends)
    assert figures[WHOLE].stale == 2
    assert figures[Subject(prompt="rag_answer", version=shown_only.prompt_version)].stale == 2
    RequestSource.objects.filter(stale_since__isnull=False).update(stale_since=starts - timedelta(hours=1))
    assert figures_of(starts, ends)[WHOLE].stale == 0


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """``work`` on a connection of its own; what is yielded waits until it waits for a lock."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as problem:
            failed.append(problem)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)

    def start_and_see_it_wait() -> None:
        thread.start()
        until(lambda: waiting() > 0)

    yield start_and_see_it_wait
    thread.join(30)
    assert not thread.is_alive()
    assert failed == []


def waiting() -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute(WAITS)
        return int(cursor.fetchone()[0])


def until(holds: Callable[[], bool]) -> None:
    for _look in range(3000):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to that")


def test_a_source_is_marked_that_is_kept_while_its_document_goes(shelf: Shelf, quay: KnowledgeDocument) -> None:
    passage = shelf.passages(quay)[0]
    answered(shelf.owner, passage)  # so that the passage stays
    claim = begin(shelf.owner)
    with meanwhile(lambda: give(claim, passage)) as started, transaction.atomic():
        staging.remove(TYPE, quay.source)
        started()
    assert changes(end(claim)) == [("removed", None)]


def test_a_source_is_marked_whose_document_goes_while_it_is_kept(shelf: Shelf, quay: KnowledgeDocument) -> None:
    passage = shelf.passages(quay)[0]
    claim = begin(shelf.owner)
    with meanwhile(lambda: edit(shelf, quay, "Another text.")) as started, transaction.atomic():
        give(claim, passage)
        started()
    assert changes(end(claim)) == [("changed", 2)]


def aside(work: Callable[[], object]) -> None:
    """On a connection of its own, which waits for nobody."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result(30)
        pool.submit(connections.close_all).result(30)


def test_an_answer_that_ends_in_the_middle_of_the_change_is_stale(shelf: Shelf, quay: KnowledgeDocument) -> None:
    claim = begin(shelf.owner)
    give(claim, shelf.passages(quay)[0])
    with transaction.atomic():
        staging.remove(TYPE, quay.source)
        aside(lambda: end(claim))
    assert changes(AIRequest.objects.get()) == [("removed", None)]


def test_a_change_in_the_middle_of_an_end_is_seen(shelf: Shelf, quay: KnowledgeDocument) -> None:
    claim = begin(shelf.owner)
    give(claim, shelf.passages(quay)[0])
    with transaction.atomic():
        end(claim)
        aside(lambda: staging.remove(TYPE, quay.source))
    assert changes(AIRequest.objects.get()) == [("removed", None)]
