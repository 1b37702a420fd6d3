from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from accounts.models import Team, User
from ai.engine import Job
from ai.models import LLMModel, LLMProvider, ModelRoute, PromptLabel, PromptTemplate
from ai.prompts.registry import get_prompt
from ai.routing.publish import publish
from ai.routing.snapshot import in_order
from ai.traffic import OPEN_ROAD
from requests_app import intake
from requests_app.errors import ContextTooLong, KeyBusy, KeyReused, NoModelConfigured, SubmissionInvalid
from requests_app.intake import Accepted, Idempotency, Submission, accept, body_hash, cancel, retry
from requests_app.models import AIRequest, IdempotencyKey, Status, WorkerLease
from requests_app.runner import Run, job_for
from tests.integration.requests_app.conftest import SUMMARY, claim_next, new_lease

KEY = Idempotency(key="k1", method="POST", path="/api/v1/requests", body_hash=body_hash({"a": 1}))


def pointers(refused: pytest.ExceptionInfo[SubmissionInvalid]) -> list[str]:
    return [problem.pointer for problem in refused.value.problems]


def test_prompt_version_and_route_are_frozen(waiting: AIRequest) -> None:
    assert (waiting.prompt_key, waiting.prompt_version) == ("document_summary", "1")
    assert waiting.prompt_hash == waiting.template.hash
    assert waiting.route == ["smollm2-135m-instruct"]
    assert waiting.team == waiting.user.personal_team
    assert (waiting.deadline - waiting.created).total_seconds() == pytest.approx(120, abs=1)


def test_nobody_is_woken_before_the_commit(
    alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[UUID] = []
    monkeypatch.setattr(intake, "wake", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        accepted = accept(alice, SUMMARY)
        assert woken == []
    assert woken == [accepted.request.pk]


def test_unknown_prompt_is_named(alice: User) -> None:
    with pytest.raises(SubmissionInvalid) as refused:
        accept(alice, replace(SUMMARY, prompt_key="nonsense"))
    assert pointers(refused) == ["/prompt_key"]


def test_wrong_variables_are_named(alice: User) -> None:
    with pytest.raises(SubmissionInvalid) as refused:
        accept(alice, replace(SUMMARY, payload={"docment": "typo", "length": "a novel"}))
    assert sorted(pointers(refused)) == ["/payload/docment", "/payload/document", "/payload/length"]


def test_input_beyond_the_window_is_refused_with_both_numbers(alice: User) -> None:
    with pytest.raises(ContextTooLong) as refused:
        accept(alice, replace(SUMMARY, payload={"document": "word " * 30_000}))
    assert refused.value.needed > refused.value.window > 0
    assert not AIRequest.objects.exists()


UNEQUAL = """
providers: {embedded: {kind: openai, base_url_setting: LINTEL_EMBEDDED_MODEL_URL}}
models:
  wide: {provider: embedded, context_window: 20000, max_output_tokens: 4096}
  dense: {provider: embedded, context_window: 10000, max_output_tokens: 4096, token_factor: 3}
sizes: {all: [dense, wide]}
routes: {default: {balanced: all}, classification: {balanced: all}}
"""


@pytest.fixture
def unequal(db: None, tmp_path: Path, settings: Any) -> None:
    """A route of two models, of which the narrower one counts more tokens."""
    settings.LINTEL_CATALOGUE = tmp_path / "catalogue.yaml"
    settings.LINTEL_CATALOGUE.write_text(UNEQUAL)
    publish()


def test_one_model_that_holds_the_input_is_enough(alice: User, unequal: None) -> None:
    row = accept(alice, replace(SUMMARY, payload={"document": "word " * 8_000})).request
    assert row.route == ["dense", "wide"]


def test_refusals_count_by_the_model_that_lacks_the_least(alice: User, unequal: None) -> None:
    with pytest.raises(ContextTooLong) as refused:
        accept(alice, replace(SUMMARY, payload={"document": "word " * 16_000}))
    assert 16_000 < refused.value.window < 20_000 < refused.value.needed < 30_000


def test_no_provider_is_an_error_of_ours(alice: User, settings: Any) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = None
    with pytest.raises(NoModelConfigured):
        accept(alice, SUMMARY)


def test_model_off_the_route_is_refused(alice: User) -> None:
    with pytest.raises(SubmissionInvalid) as refused:
        accept(alice, replace(SUMMARY, model="somebody-elses"))
    assert pointers(refused) == ["/model"]


def test_same_key_and_body_returns_the_first_request(alice: User) -> None:
    first = accept(alice, SUMMARY, KEY)
    again = accept(alice, SUMMARY, KEY)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.request == first.request
    assert AIRequest.objects.count() == 1


def test_same_key_with_another_body_is_refused(alice: User) -> None:
    accept(alice, SUMMARY, KEY)
    with pytest.raises(KeyReused):
        accept(alice, SUMMARY, replace(KEY, body_hash=body_hash({"a": 2})))


def test_keys_of_two_users_are_strangers(alice: User, bob: User) -> None:
    assert accept(alice, SUMMARY, KEY).request != accept(bob, SUMMARY, KEY).request


def test_refused_submission_does_not_use_up_its_key(alice: User) -> None:
    with pytest.raises(SubmissionInvalid):
        accept(alice, replace(SUMMARY, payload={}), KEY)
    assert not accept(alice, SUMMARY, KEY).replayed


def test_body_hash_ignores_order_and_spaces() -> None:
    assert body_hash({"a": 1, "b": [1, 2]}) == body_hash({"b": [1, 2], "a": 1}) != body_hash({"a": 1, "b": [2, 1]})


@pytest.mark.usefixtures("committed")
def test_fifty_twins_make_one_request() -> None:
    user = User.objects.create_user("twin")
    answers: list[Accepted | KeyBusy] = []

    def submit() -> None:
        try:
            answers.append(accept(user, SUMMARY, KEY))
        except KeyBusy as busy:
            answers.append(busy)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit) for _each in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = [answer for answer in answers if isinstance(answer, Accepted)]
    assert len(answers) == 50
    assert len([answer for answer in accepted if not answer.replayed]) == 1
    assert len({answer.request.pk for answer in accepted}) == 1
    assert (AIRequest.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


@pytest.mark.usefixtures("committed")
def test_twin_that_is_never_settled_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    user = User.objects.create_user("twin")
    stored, release = threading.Event(), threading.Event()

    def slow_twin() -> None:
        original = AIRequest.save

        def held_back(self: AIRequest, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            if threading.current_thread() is first:
                stored.set()
                release.wait(10)

        monkeypatch.setattr(AIRequest, "save", held_back)
        accept(user, SUMMARY, KEY)
        connection.close()

    monkeypatch.setattr(intake, "TWIN_WAIT", "200ms")
    first = threading.Thread(target=slow_twin)
    first.start()
    stored.wait(10)
    with pytest.raises(KeyBusy):
        accept(user, SUMMARY, KEY)
    release.set()
    first.join()
    assert accept(user, SUMMARY, KEY).replayed


def test_waiting_request_is_cancelled_at_once(waiting: AIRequest) -> None:
    assert cancel(waiting).status == Status.CANCELLED
    assert waiting.completed is not None


def test_running_request_is_asked_to_end(waiting: AIRequest, lease: WorkerLease) -> None:
    claim_next(lease.pk)
    first = cancel(waiting).cancel_requested_at
    assert waiting.status == Status.PROCESSING
    assert first is not None
    assert cancel(waiting).cancel_requested_at == first


def test_ended_request_stays_as_it_is(waiting: AIRequest) -> None:
    cancel(waiting)
    completed = waiting.completed
    assert cancel(waiting).completed == completed
    assert waiting.cancel_requested_at is None


def test_retry_is_a_new_request_linked_to_the_old(waiting: AIRequest) -> None:
    again = retry(waiting).request
    assert again.pk != waiting.pk
    assert (again.retry_of, again.payload) == (waiting, waiting.payload)


def test_claiming_prefers_the_owner_with_fewest_running(alice: User, bob: User) -> None:
    for _each in range(3):
        accept(alice, SUMMARY)
    late = accept(bob, SUMMARY).request
    lease = new_lease()
    owners = []
    for _each in range(3):
        claim = claim_next(lease.pk)
        assert claim is not None
        owners.append(claim.request.user_id)
    assert owners == [alice.pk, bob.pk, alice.pk]
    assert AIRequest.objects.get(pk=late.pk).status == Status.PROCESSING


def test_lane_goes_before_age(alice: User) -> None:
    bulk = accept(alice, replace(SUMMARY, lane="bulk")).request
    quick = accept(alice, replace(SUMMARY, lane="interactive")).request
    claim = claim_next(new_lease().pk)
    assert claim is not None
    assert claim.request.pk == quick.pk != bulk.pk


def test_retry_is_paid_by_a_team_of_today(waiting: AIRequest, bob: User) -> None:
    AIRequest.objects.filter(pk=waiting.pk).update(team=bob.personal_team)
    waiting.refresh_from_db()
    assert retry(waiting).request.team == waiting.user.personal_team


def test_prompt_whose_needs_are_not_met_is_refused(alice: User) -> None:
    content = {**json.loads(get_prompt("document_summary").content), "retrieve": {"query": "document"}}
    unmet = PromptTemplate.objects.create(
        key="document_summary", version="2", hash="0" * 64, content=json.dumps(content), published=True
    )
    PromptLabel.objects.create(key="document_summary", template=unmet, by="alice", reason="a test")
    with pytest.raises(SubmissionInvalid) as refused:
        accept(alice, SUMMARY)
    assert pointers(refused) == ["/prompt_key"]
    assert "embedding model" in refused.value.problems[0].detail
    assert not AIRequest.objects.exists()


class TestRoutes:
    @pytest.fixture(autouse=True)
    def keys(self, db: None, settings: Any) -> None:
        settings.LINTEL_ANTHROPIC_API_KEY = settings.LINTEL_OPENAI_API_KEY = "sk-none"

    @pytest.mark.parametrize(
        ("tier", "model"),
        [
            ("", "claude-sonnet-5-5"),
            ("freemium", "claude-haiku-5-5"),
            ("pro", "claude-sonnet-5-5"),
            ("premium", "claude-opus-5-5"),
        ],
    )
    def test_the_teams_tier_decides_the_quality(self, alice: User, tier: str, model: str) -> None:
        Team.objects.filter(pk=alice.personal_team_id).update(tier=tier)
        row = accept(alice, SUMMARY).request
        assert row.model_asked == model
        assert row.quality_level == {"": 5, "freemium": 2, "pro": 5, "premium": 8}[tier]

    @pytest.mark.parametrize(
        ("tier", "quality", "model"),
        [
            ("premium", 2, "claude-haiku-5-5"),
            ("premium", 8, "claude-opus-5-5"),
            ("", 8, "claude-opus-5-5"),
            ("", 9, "claude-sonnet-5-5"),
            ("freemium", 1, "claude-haiku-5-5"),
        ],
    )
    def test_quality_may_be_asked_for(self, alice: User, tier: str, quality: int, model: str) -> None:
        Team.objects.filter(pk=alice.personal_team_id).update(tier=tier)
        row = accept(alice, replace(SUMMARY, quality=quality)).request
        assert (row.model_asked, row.quality_level) == (model, quality)

    def test_more_than_the_tier_has_is_refused(self, alice: User) -> None:
        Team.objects.filter(pk=alice.personal_team_id).update(tier="freemium")
        with pytest.raises(SubmissionInvalid) as refused:
            accept(alice, replace(SUMMARY, quality=3))
        assert pointers(refused) == ["/quality"]

    def test_a_prompts_own_route_goes_first(self, alice: User) -> None:
        ModelRoute.objects.create(action=SUMMARY.prompt_key, tiers=[{"gpt-6-luna": 1}])
        assert accept(alice, SUMMARY).request.route == ["gpt-6-luna"]

    def test_a_tier_is_shared_by_weight(self, alice: User) -> None:
        tiers = [{"gpt-6-luna": 1, "claude-haiku-5-5": 1}, {"gpt-6.1-terra": 1}]
        ModelRoute.objects.create(action=SUMMARY.prompt_key, tiers=tiers)
        rows = [accept(alice, SUMMARY).request for _each in range(40)]
        assert {row.model_asked for row in rows} == {"gpt-6-luna", "claude-haiku-5-5"}
        for row in rows:
            assert row.route == in_order(tiers, row.pk)

    def test_equal_requests_are_equal_in_whatever_order_they_are_drawn(self, alice: User) -> None:
        tiers = [{"gpt-6-luna": 1, "claude-haiku-5-5": 1}]
        ModelRoute.objects.create(action="sentiment_score", tiers=tiers)
        submission = Submission(prompt_key="sentiment_score", payload=get_prompt("sentiment_score").example)
        rows = [accept(alice, submission).request for _each in range(20)]
        assert len({tuple(row.route) for row in rows}) == 2
        [fingerprint] = {row.fingerprint for row in rows}
        assert fingerprint

    def test_a_worker_that_knows_the_version_asks_nothing(
        self, alice: User, lease: WorkerLease, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        accept(alice, SUMMARY)
        claimed = claim_next(lease.pk)
        assert claimed is not None
        job_for(Run(claim=claimed), OPEN_ROAD)
        with django_assert_num_queries(0):
            job_for(Run(claim=claimed), OPEN_ROAD)

    def test_an_accepted_route_outlives_every_edit(self, alice: User, lease: WorkerLease) -> None:
        LLMModel.objects.filter(name="claude-sonnet-5-5").update(context_window=900_000)
        row = accept(alice, SUMMARY).request
        was = row.route
        LLMModel.objects.filter(name=was[0]).update(enabled=False, context_window=1)
        LLMProvider.objects.filter(name="anthropic").update(kind="openai", base_url="http://127.0.0.1:9/other")
        ModelRoute.objects.all().delete()
        claimed = claim_next(lease.pk)
        assert claimed is not None
        job = job_for(Run(claim=claimed), OPEN_ROAD)
        assert isinstance(job, Job)
        route = job.route
        assert [spec.name for spec in route] == was
        assert (route[0].context_window, route[0].provider.kind) == (900_000, "anthropic")
