"""Answers from documents: what their models are shown, what they cite, and who may read it afterwards."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import OperationalError, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains
from rest_framework.test import APIClient

from accounts.models import User
from ai.breaker import CLOSED, asked_to_wait
from ai.engine import Job, Stop
from ai.models import LLMUsageLog
from ai.prompts.models import PromptLabel, PromptTemplate
from ai.prompts.registry import get_prompt
from ai.providers.fake import FakeProvider, Script, fake_provider
from ai.providers.fake.embeddings import vector
from ai.rag.context import Block
from ai.rag.models import EmbeddingSet, KnowledgeChunk, KnowledgeDocument
from ai.traffic import OPEN_ROAD
from requests_app import sources
from requests_app.grounds import grounds_of
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, AIReviewQueue, BudgetHold, Citation, HoldState, RequestSource, Status
from requests_app.runner import Run, job_for
from requests_app.searching import Searches
from requests_app.testing import InlineWorker, inline_worker
from tests.integration.rag.library import put, put_vector
from tests.integration.requests_app.conftest import claim_next, new_lease

pytestmark = pytest.mark.usefixtures("committed")

MODEL, SIZE = "fake-embedding-32", 32
KEY = f"lintel:model:embeddings:{MODEL}"
LEASE = "The lease needs ninety days of notice. It runs five years."
PARKING = "Parking at the warehouse costs forty euros."
QUESTION = "How many days of notice does the lease of the warehouse need?"


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    cache.clear()
    with fake_provider() as fake:
        settings.LINTEL_EMBEDDED_MODEL_URL = settings.LINTEL_EMBEDDING_BASE_URL = fake.openai_url
        settings.LINTEL_EMBEDDING_MODEL, settings.LINTEL_EMBEDDING_DIMENSIONS = MODEL, SIZE
        fake.scripts.default = Script(text="Ninety days of notice [1]. The moon is far [7].")
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
def library(dora: User, emil: User) -> EmbeddingSet:
    """Both are dora's; the second everybody may read."""
    made = EmbeddingSet.objects.create(model=MODEL, dimensions=SIZE, active=True)
    for text, visibility in ((LEASE, "private"), (PARKING, "all")):
        chunk = put(text, owner=dora.pk, team=dora.personal_team_id, visibility=visibility)
        put_vector(chunk, vector(text, SIZE), made)
    return made


def ask(who: User, question: str = QUESTION) -> AIRequest:
    return accept(who, Submission(prompt_key="rag_answer", payload={"question": question})).request


def asked_of_the_model(fake: FakeProvider) -> str:
    [call] = [call for call in fake.ledger.calls if call.protocol != "embeddings"]
    return call.question


def test_answer_names_the_passages_that_it_was_shown(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User
) -> None:
    request = worker.finish(ask(dora))
    assert (request.status, request.result) == ("done", fake.scripts.default.text)
    assert {block.text for block in sources.given(request)} == {LEASE, PARKING}
    sent = asked_of_the_model(fake)
    assert LEASE in sent
    assert re.search(r"<passage-1-[0-9a-f]{8}>", sent)
    one, nothing = Citation.objects.filter(request=request).order_by("position")
    assert (one.key, nothing.key, nothing.source) == (1, 7, None)
    assert one.source is not None
    cited = next(block for block in sources.given(request) if block.key == 1)
    assert cited.text[one.quote_start : one.quote_end] in cited.text
    assert request.result is not None
    assert request.result[one.position] == "1"
    assert set(BudgetHold.objects.values_list("state", flat=True)) == {HoldState.SETTLED}
    assert {row.prompt_key for row in LLMUsageLog.objects.all()} == {"rag_answer", "retrieve"}


def test_while_the_embedding_model_is_left_alone_a_request_waits(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User, settings: Settings
) -> None:
    settings.LINTEL_BREAKER_CALLS = 5
    with redis.Redis.from_url(settings.CACHE_URL) as shared:
        shared.set(KEY, asked_to_wait(CLOSED, time.time(), seconds=40, probe=False).dump(), ex=60)
        request = ask(dora)
        while not worker._process.run_next():  # until the worker has its lease, nothing is claimed
            time.sleep(0.05)
        request.refresh_from_db()
        assert request.status == "pending"
        assert request.not_before is not None
        assert request.not_before - timezone.now() > timedelta(seconds=20)
        assert not fake.ledger.calls
        shared.delete(KEY)
    AIRequest.objects.update(not_before=request.created)
    assert worker.finish(request).status == "done"


def test_shown_passages_stay_as_they_were(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    request = worker.finish(ask(dora))
    with sources.seeing(request):
        assert set(KnowledgeChunk.objects.values_list("cited", flat=True)) == {True}
    assert RequestSource.objects.filter(request=request).count() == 2


def test_what_the_documents_do_not_hold_is_said_without_a_call(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User, settings: Settings
) -> None:
    settings.LINTEL_MIN_SCORE = 0.999
    request = worker.finish(ask(dora, "How far is the moon?"))
    assert (request.status, request.result, request.model) == ("done", "The documents do not say this.", "")
    assert [call.protocol for call in fake.ledger.calls] == ["embeddings"]
    assert not request.attempts.exists()
    assert not RequestSource.objects.exists()
    assert {row.prompt_key for row in LLMUsageLog.objects.all()} == {"retrieve"}
    assert set(BudgetHold.objects.values_list("state", flat=True)) == {HoldState.SETTLED}


def test_strangers_documents_are_not_shown(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, emil: User
) -> None:
    request = worker.finish(ask(emil))
    assert [block.text for block in sources.given(request)] == [PARKING]
    assert "ninety" not in asked_of_the_model(fake)


def test_who_loses_a_document_loses_its_passages(worker: InlineWorker, library: EmbeddingSet, emil: User) -> None:
    request = worker.finish(ask(emil))
    KnowledgeDocument.objects.update(visibility="private")
    assert sources.given(request) == ()
    assert sources.shown(request) == {}


def test_every_attempt_is_shown_the_same(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, dora: User
) -> None:
    fake.scripts.push(Script(), Script(status=529))  # the question's vector, and the first answer
    request = worker.finish(ask(dora), within_s=60)
    assert request.attempts.count() == 2
    searched, *asked = fake.ledger.calls
    assert searched.protocol == "embeddings"
    one, other = (re.sub("-[0-9a-f]{8}>", ">", call.question) for call in asked)
    assert one == other
    assert LEASE in one


def test_nothing_is_kept_for_a_worker_that_lost_the_request(
    worker: InlineWorker, library: EmbeddingSet, dora: User
) -> None:
    request = ask(dora)
    blocks = sources.search(request)
    assert len(blocks) == 2
    assert sources.keep(request, blocks, attempt=1) == ()
    assert not RequestSource.objects.exists()


def test_passages_that_went_meanwhile_are_not_shown(worker: InlineWorker, library: EmbeddingSet, emil: User) -> None:
    request = ask(emil)
    blocks = sources.search(request)
    AIRequest.objects.filter(pk=request.pk).update(attempt=1)
    KnowledgeDocument.objects.update(visibility="private")
    assert sources.keep(request, blocks, attempt=1) == ()


def found_by(who: User) -> AIRequest:
    """A request of theirs in a worker's hands, with what was found for it."""
    request = ask(who)
    blocks = sources.search(request)
    AIRequest.objects.filter(pk=request.pk).update(attempt=1, status=Status.PROCESSING, lease=new_lease())
    assert [block.text for block in sources.keep(request, blocks, attempt=1)] == [block.text for block in blocks]
    return request


def test_what_the_asker_loses_meanwhile_is_not_told_as_made_up(
    library: EmbeddingSet, fake: FakeProvider, emil: User
) -> None:
    request = found_by(emil)
    KnowledgeDocument.objects.update(visibility="private")
    with transaction.atomic():
        sources.cite(request, "Forty euros [1]. The moon is far [7].")
    one, nothing = Citation.objects.filter(request=request).order_by("position")
    assert one.source == RequestSource.objects.get(request=request)
    assert (one.quote_start, one.quote_end, nothing.source) == (None, None, None)


def test_worker_that_dies_before_its_first_call_leaves_what_it_found(
    fake: FakeProvider, worker: InlineWorker, library: EmbeddingSet, emil: User
) -> None:
    request = found_by(emil)
    [source] = RequestSource.objects.filter(request=request)
    KnowledgeDocument.objects.update(visibility="all")  # a search would find both now
    cache.clear()
    AIRequest.objects.filter(pk=request.pk).update(status=Status.PENDING, lease=None)
    assert worker.finish(request).status == "done"
    assert [call.protocol for call in fake.ledger.calls].count("embeddings") == 1
    assert "ninety" not in asked_of_the_model(fake)
    assert list(RequestSource.objects.filter(request=request)) == [source]


def test_what_the_asker_loses_is_not_searched_for_again(library: EmbeddingSet, fake: FakeProvider, emil: User) -> None:
    request = found_by(emil)
    KnowledgeDocument.objects.filter(visibility="all").update(visibility="private")
    KnowledgeDocument.objects.filter(title=LEASE).update(visibility="all")
    assert sources.search(request) == ()


def test_passages_are_told_where_they_stood(library: EmbeddingSet, fake: FakeProvider, dora: User) -> None:
    request = found_by(dora)
    before = sources.given(request)
    with sources.seeing(request):
        KnowledgeChunk.objects.update(start=F("start") + 500, end=F("end") + 500, ordinal=9)
    KnowledgeDocument.objects.update(indexed=2)
    assert sources.given(request) == before
    assert {passage.version for block in before for passage in block.passages} == {1}


def test_search_outlasts_a_database_that_is_away(worker: InlineWorker, library: EmbeddingSet, dora: User) -> None:
    searches = Interrupted(1)
    worker._process.runner._searches = searches
    request = worker.finish(ask(dora))
    assert (request.status, searches.interrupted) == ("done", True)


class Interrupted(Searches):
    interrupted = False

    async def find(self, request: AIRequest, *, seconds_left: float, stop: Stop) -> tuple[Block, ...]:
        if not self.interrupted:
            self.interrupted = True
            raise OperationalError
        return await super().find(request, seconds_left=seconds_left, stop=stop)


def test_time_for_a_search_is_not_given_again(
    library: EmbeddingSet, fake: FakeProvider, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    AIRequest.objects.filter(pk=found_by(dora).pk).update(status=Status.PENDING, lease=None)
    claim = claim_next(new_lease().pk)
    assert claim is not None
    run = Run(claim=claim)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 40)
    job = job_for(run, OPEN_ROAD)
    assert isinstance(job, Job)
    assert job.deadline_s == pytest.approx(claim.seconds_left - 40, abs=5)


@pytest.fixture
def gated() -> PromptTemplate:
    """rag_answer, whose answers a person approves."""
    content = {**json.loads(get_prompt("rag_answer").content), "review": {"gate": "always"}}
    template = PromptTemplate.objects.create(
        key="rag_answer", version="gated", hash="0" * 64, content=json.dumps(content), published=True
    )
    PromptLabel.objects.create(key="rag_answer", template=template, by="dora", reason="a test")
    return template


def test_reviewer_sees_what_an_answer_rests_on_before_anybody_reads_it(
    gated: PromptTemplate, worker: InlineWorker, library: EmbeddingSet, dora: User, emil: User
) -> None:
    request = worker.finish(ask(dora))
    item = AIReviewQueue.objects.get(request=request)
    assert grounds_of(request).sources == ()
    emil.user_permissions.add(Permission.objects.get(codename="decide_review"))
    program, browser = APIClient(), Client()
    program.force_authenticate(emil)
    browser.force_login(emil)
    told = program.get(f"/api/v1/reviews/{item.pk}").json()
    assert {source["text"] for source in told["sources"]} == {LEASE, PARKING}
    assert [(each["key"], each["points_to"]) for each in told["citations"]] == [(1, "passage"), (7, "nothing")]
    shown = browser.get(f"/review/{item.pk}")
    assertContains(shown, LEASE)
    assertContains(shown, "points to no passage")
    KnowledgeDocument.objects.filter(subject=dora.pk).update(subject=emil.pk, visibility="private")
    assertNotContains(browser.get(f"/review/{item.pk}"), LEASE)
    assertContains(browser.get(f"/review/{item.pk}"), "whoever asked may no longer see")
