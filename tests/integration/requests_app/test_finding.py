"""Requests that search: what they find, what they cost, and what is left of it when documents change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.models import User
from ai.models import LLMUsageLog
from ai.providers.fake import FakeProvider, Script, fake_provider
from ai.providers.fake.embeddings import vector
from ai.rag.models import EmbeddingSet, KnowledgeChunk, KnowledgeDocument
from ai.rag.viewing import viewing
from requests_app import finding, intake, lifecycle
from requests_app.budgets import NOTHING
from requests_app.errors import BudgetExceeded, NoModelConfigured, SubmissionInvalid
from requests_app.finding import Hit, Hits, hits_of
from requests_app.intake import Submission, accept
from requests_app.models import AIAttempt, AIRequest, AttemptReason, BudgetHold, HoldState, RequestSource
from requests_app.testing import InlineWorker, inline_worker
from tests.integration.rag.library import put, put_vector
from tests.integration.requests_app.conftest import claim_next, new_lease

pytestmark = pytest.mark.usefixtures("committed")

MODEL, SIZE = "text-embedding-3-small", 1536
LEASE = "The lease needs ninety days of notice. It runs five years."
PARKING = "Parking at the warehouse costs forty euros."
QUESTION = "How many days of notice does the lease of the warehouse need?"


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    """A priced model: that of OpenAI, at the address of a server that plays it."""
    cache.clear()
    with fake_provider() as fake:
        settings.LINTEL_OPENAI_BASE_URL, settings.LINTEL_EMBEDDING_MODEL = fake.openai_url, MODEL
        settings.LINTEL_EMBEDDED_MODEL_URL = None
        yield fake


@pytest.fixture
def worker(fake: FakeProvider) -> Iterator[InlineWorker]:
    with inline_worker() as worker:
        yield worker


@pytest.fixture
def dora() -> User:
    return User.objects.create_user("dora")


@pytest.fixture
def emil() -> User:
    return User.objects.create_user("emil")


@pytest.fixture
def library(dora: User) -> EmbeddingSet:
    """Both are dora's; the second everybody may read."""
    made = EmbeddingSet.objects.create(model=MODEL, dimensions=SIZE, active=True)
    for text, visibility in ((LEASE, "private"), (PARKING, "all")):
        chunk = put(text, owner=dora.pk, team=dora.personal_team_id, visibility=visibility)
        put_vector(chunk, vector(text, SIZE), made)
    return made


def look_for(who: User, **payload: object) -> AIRequest:
    return accept(who, Submission(prompt_key=finding.PROMPT, payload={"q": QUESTION, **payload})).request


def found_by(request: AIRequest) -> Hits:
    found = hits_of(request)
    assert found is not None
    return found


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not met() and time.monotonic() < end:
        time.sleep(0.02)


def texts(hits: tuple[Hit, ...]) -> list[str | None]:
    return [hit.passage.text if hit.passage else None for hit in hits]


def test_passages_come_with_their_scores(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    request = worker.finish(look_for(dora))
    assert (request.status, request.result, request.model) == ("done", "2 passages found.", MODEL)
    found = found_by(request)
    assert texts(found.hits) == [LEASE, PARKING]
    best, other = found.hits
    assert (best.rank, other.rank, found.visible) == (1, 2, 2)
    assert best.score > other.score > 0
    assert best.found_by == ("vector",)


def test_it_says_which_way_led_there(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    [best, other] = found_by(worker.finish(look_for(dora, q="ninety days of notice"))).hits
    assert (best.found_by, other.found_by) == (("vector", "words"), ("vector",))


def test_no_text_is_kept_with_it(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    request = worker.finish(look_for(dora))
    assert "notice" not in str(request.output)
    assert not RequestSource.objects.exists()
    with viewing(subject=dora.pk, scopes=[]):
        assert not KnowledgeChunk.objects.filter(cited=True).exists()


def test_it_costs_its_vector_and_nothing_else(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User
) -> None:
    request = worker.finish(look_for(dora))
    [call] = fake.ledger.calls
    assert (call.protocol, request.input_tokens, request.output_tokens) == ("embeddings", call.input_tokens, 0)
    assert request.cost_usd == call.input_tokens * Decimal("0.02") / 1_000_000
    [row] = LLMUsageLog.objects.all()
    assert (row.reference, row.prompt_key, row.cost_usd) == (request.pk, "search", request.cost_usd)
    assert AIAttempt.objects.get().outcome == "done"
    assert BudgetHold.objects.get().state == HoldState.SETTLED


def test_the_same_question_again_is_free(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User
) -> None:
    worker.finish(look_for(dora))
    again = worker.finish(look_for(dora))
    assert (len(fake.ledger.calls), again.attempts.count(), again.cost_usd) == (1, 0, Decimal(0))
    assert len(found_by(again).hits) == 2


def test_redis_may_forget_what_was_asked(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User
) -> None:
    worker.finish(look_for(dora))
    cache.clear()
    assert len(found_by(worker.finish(look_for(dora))).hits) == 2
    assert len(fake.ledger.calls) == 2


def test_nothing_below_the_minimum(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    found = found_by(worker.finish(look_for(dora, min_score=0.99)))
    assert (found.hits, found.visible, found.min_score) == ((), 2, 0.99)


def test_no_more_than_are_wanted(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    found = found_by(worker.finish(look_for(dora, top_k=1)))
    assert (texts(found.hits), found.visible) == ([LEASE], None)


def test_before_anything_was_indexed_nobody_is_asked(fake: FakeProvider, worker: InlineWorker, dora: User) -> None:
    request = worker.finish(look_for(dora))
    assert (request.status, request.result, fake.ledger.calls) == ("done", "0 passages found.", [])
    assert found_by(request).visible == 0


def test_a_strangers_passages_are_not_found(worker: InlineWorker, library: EmbeddingSet, emil: User) -> None:
    found = found_by(worker.finish(look_for(emil)))
    assert (texts(found.hits), found.visible) == ([PARKING], 1)


def test_who_loses_a_document_loses_its_passages(worker: InlineWorker, library: EmbeddingSet, emil: User) -> None:
    request = worker.finish(look_for(emil))
    KnowledgeDocument.objects.update(visibility="private")
    found = found_by(request)
    assert (texts(found.hits), found.gone) == ([None], 1)


def test_a_passage_that_went_leaves_its_place(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    request = worker.finish(look_for(dora))
    with viewing(subject=dora.pk, scopes=[]):
        KnowledgeChunk.objects.filter(text=LEASE).delete()
    assert texts(found_by(request).hits) == [None, PARKING]


def test_a_model_that_fails_is_asked_again(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User
) -> None:
    fake.scripts.push(Script(status=503), Script())
    request = worker.finish(look_for(dora), within_s=60)
    assert request.status == "done"
    assert list(request.attempts.order_by("number").values_list("number", "reason", "outcome")) == [
        (1, "first", "provider_unavailable"),
        (2, "retry", "done"),
    ]
    assert request.input_tokens == fake.ledger.calls[-1].input_tokens


def test_a_rejected_key_ends_it(fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    fake.scripts.default = Script(status=401)
    request = worker.finish(look_for(dora), within_s=60)
    assert (request.status, request.result, hits_of(request)) == ("failed", None, None)
    assert BudgetHold.objects.get().state == HoldState.SETTLED


def test_deleting_ends_it_while_it_is_searching(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User
) -> None:
    fake.scripts.default = Script(first_delay_s=30)
    request = look_for(dora)
    working = threading.Thread(target=worker.finish, args=[AIRequest.objects.get(pk=request.pk)])
    working.start()
    until(lambda: len(fake.ledger.calls) == 1)
    intake.cancel(request)
    working.join(timeout=30)
    request.refresh_from_db()
    assert (request.status, request.output) == ("cancelled", None)
    assert AIAttempt.objects.get().outcome == "cancelled"
    assert LLMUsageLog.objects.get(kind="call").estimated


def test_what_a_dead_worker_asked_is_estimated_and_paid(fake: FakeProvider, library: EmbeddingSet, dora: User) -> None:
    request = look_for(dora)
    claim = claim_next(new_lease().pk)
    assert claim is not None
    [spec] = finding.route()
    lifecycle.open_call(claim.request, attempt=1, model=spec, reason=AttemptReason.FIRST, most=NOTHING, closed=None)
    lifecycle.put_back(claim.request, attempt=1, after_s=0, reason=AttemptReason.TAKEOVER, closed=None)
    [row] = LLMUsageLog.objects.all()
    assert (row.input_tokens, row.estimated) == (request.input_estimate, True)
    assert row.cost_usd == row.input_tokens * Decimal("0.02") / 1_000_000
    with inline_worker() as worker:
        request = worker.finish(request)
    assert (request.status, request.usage_estimated) == ("done", True)
    assert request.cost_usd == sum(row.cost_usd or 0 for row in LLMUsageLog.objects.all())


def test_a_budget_without_room_refuses_it(settings: Settings, fake: FakeProvider, dora: User) -> None:
    settings.LINTEL_DAILY_TOKENS = 1
    with pytest.raises(BudgetExceeded):
        look_for(dora)


def test_it_needs_no_chat_model_but_an_embedding_model(settings: Settings, fake: FakeProvider, dora: User) -> None:
    assert look_for(dora).route == [MODEL]
    settings.LINTEL_OPENAI_BASE_URL = settings.LINTEL_EMBEDDING_MODEL = settings.LINTEL_EMBEDDED_TOKENIZER = None
    with pytest.raises(NoModelConfigured, match="cannot be searched"):
        look_for(dora)


@pytest.mark.parametrize("payload", [{"q": " "}, {"top_k": 0}, {"top_k": 51}, {"min_score": 1.1}, {"q": "x" * 2001}])
def test_what_cannot_be_is_refused(fake: FakeProvider, dora: User, payload: dict[str, object]) -> None:
    with pytest.raises(SubmissionInvalid, match=f"/payload/{next(iter(payload))}"):
        look_for(dora, **payload)


def test_searching_again_is_another_search(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    first = worker.finish(look_for(dora, top_k=1))
    again = worker.finish(intake.retry(first).request)
    assert (again.retry_of_id, again.status, len(found_by(again).hits)) == (first.pk, "done", 1)
