"""Removing sample data takes all of it, nothing else, whoever asks and whatever was done to fool it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import Error, connection, models, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import ApiToken, Team, User
from ai.rag.models import EmbeddingSet
from ai.tracking import LLMUsageLog, log_usage
from ai.types import Usage
from documents import contents
from documents.models import Document
from requests_app import days, samples, tally
from requests_app.intake import Idempotency, Submission, accept, retry
from requests_app.models import (
    AIAttempt,
    AIOutputFeedback,
    AIRequest,
    AIReviewQueue,
    BudgetWindow,
    Citation,
    CostAlert,
    CostAlertDay,
    PromptReview,
    QualityDay,
    QualityReport,
    RequestMove,
    RequestSource,
    ReviewAction,
    Status,
    StreamChunk,
    TokenBudget,
    UsageDay,
)
from requests_app.models.clock import DatabaseClock, seconds_from_now
from requests_app.reports import making
from tests.integration.admin.furniture import write
from tests.integration.rag.library import put, put_vector
from tests.integration.requests_app.conftest import claim_next, new_lease
from tests.sampling import ask, sample_person, sample_team

pytestmark = pytest.mark.usefixtures("committed")

DAY_S = 24 * 3600
# The removal, and what other apps hang on the end of a team or of their own rows.
FUNCTIONS = """
SELECT string_agg(pg_get_functiondef(oid), '') FROM pg_proc
WHERE oid = 'requests_app_remove_samples()'::regprocedure
    OR oid IN (SELECT tgfoid FROM pg_trigger WHERE tgtype & 8 = 8 AND NOT tgisinternal)
"""
# Tables that may name a person, team or request and are left alone, and why.
LEFT = {
    "django_admin_log": "what an admin did stays on record; sample people cannot log in",
}


def tables() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


# Made anew, under other numbers.
REBUILT = {"requests_app_usageday", "requests_app_usagecount"}


def written() -> dict[str, list[str]]:
    """Every row of every table, as text."""
    found = {}
    with connection.cursor() as cursor:
        for model in tables():
            name = model._meta.db_table
            cursor.execute(f'SELECT "{name}"::text FROM "{name}" ORDER BY 1')  # noqa: S608 - a table of ours
            found[name] = [row for (row,) in cursor.fetchall()]
    return found


def naming(ids: set[str]) -> set[str]:
    """The tables that have one of these ids anywhere."""
    return {name for name, rows in written().items() if any(each in row for row in rows for each in ids)}


def within_reach() -> set[str]:
    """The tables that lead to people, teams or requests: by foreign keys, or by ids without one."""
    reached = {model._meta.db_table for model in (User, Team, AIRequest)}
    while True:
        more = {model._meta.db_table for model in tables() if _points_into(model, reached)} - reached
        if not more:
            return reached
        reached |= more


def _points_into(model: type[models.Model], reached: set[str]) -> bool:
    for field in model._meta.concrete_fields:
        related = field.related_model
        if isinstance(related, type) and related._meta.db_table in reached:
            return True
        if isinstance(field, models.UUIDField) and related is None and field.name not in {"id", "public_id"}:
            return True
    return False


@pytest.fixture
def alice(committed: None) -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def nora(committed: None) -> User:
    return sample_person("nora.sample")


@pytest.fixture
def own(alice: User) -> AIRequest:
    """What alice sent herself, with a row in every table."""
    ask(alice)
    request = ask(alice)
    furnish(request, judge=alice)
    write(alice, "own")
    return request


def furnish(request: AIRequest, *, judge: User) -> None:
    """A row in each table that can lead to a request."""
    AIAttempt.objects.create(request=request, number=1, reason="first", provider="p", model="m")
    StreamChunk.objects.create(request_id=request.pk, attempt=1, start=0, text="x")
    AIOutputFeedback.objects.create(
        request=request, rating=1, prompt_key="k", prompt_version="1", model="m", route="default"
    )
    item = AIReviewQueue.objects.create(
        request=request, kind="gate", reasons=[], priority=1, due=DatabaseClock(), claimed_by=judge
    )
    ReviewAction.objects.create(item=item, step="claimed", person=judge)
    log(request, attempt=1)


def log(request: AIRequest, *, attempt: int) -> LLMUsageLog | None:
    return log_usage(
        reference=request.pk, attempt=attempt, subject=request.user_id, scope=request.team_id, object_id="",
        metadata={}, prompt_key="k", prompt_version="1", provider="p", model="m", cost_usd=Decimal("0.5"), price=None,
        usage=Usage(input_tokens=1), reason="first", outcome="done",
    )  # fmt: skip


def deliver(request: AIRequest, **changes: object) -> None:
    """An answer that may serve again."""
    row, lease = AIRequest.objects.filter(pk=request.pk), new_lease()
    row.move(Status.PROCESSING, lease=lease, fingerprint="equal")
    row.move(Status.DONE, result="", **changes)
    lease.delete()


def everything(person: User, team: Team) -> set[str]:
    """Sample data in every table; the ids of its people, teams, requests and budgets."""
    ApiToken.objects.create(person, name="sample")
    person.groups.add(Group.objects.get_or_create(name="reviewers")[0])
    person.user_permissions.add(Permission.objects.order_by("pk")[0])
    budget = TokenBudget.objects.create(team=team, limit=10**9)
    PromptReview.objects.create(
        prompt_key="k", prompt_version="1", day=date(2026, 1, 1), days=1, approved=1, ratings=2,
        closed=DatabaseClock(), closed_by=person,
    )  # fmt: skip
    key = Idempotency(key="k", method="POST", path="/", body_hash="h")
    asked = Submission(prompt_key="ticket_classify", payload={"ticket": "x"}, team=team)
    request = accept(person, asked, key).request
    furnish(request, judge=person)
    tally.count_all()
    called = log(request, attempt=2)
    assert called is not None
    AIOutputFeedback.objects.filter(request=request).update(rating=-1)
    alert = CostAlert.objects.create(name="sample", team=team, limit_usd=1)
    CostAlertDay.objects.create(alert=alert, day=date(2026, 1, 1), cost_usd=2, limit_usd=1)
    document = write(person, "sample")
    passage = put("sample", owner=person.pk, team=team.pk, visibility="all")  # for all, so that this test sees it
    put_vector(passage, [1.0, 0.0], an_embedding_set())
    source = RequestSource.objects.create(
        request=request,
        chunk=passage,
        document=passage.knowledge_document_id,
        version=1,
        ordinal=0,
        start=0,
        end=6,
        key=1,
    )
    Citation.objects.create(request=request, position=0, key=1, source=source)
    deliver(request)
    made = (alert, called, person, person.personal_team, team, request, budget, document, contents.current(document))
    indexed = {str(passage.pk), str(passage.knowledge_document_id)}
    return {str(each.pk) for each in made} | {str(contents.current(document).content_id)} | indexed


def an_embedding_set() -> EmbeddingSet:
    return EmbeddingSet.objects.get_or_create(model="two", dimensions=2)[0]


def deleted(name: str, source: str) -> bool:
    return re.search(rf"DELETE FROM {name}\s", source) is not None  # noqa: S608


def test_no_table_is_forgotten(committed: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        source = cursor.fetchone()[0]
    forgotten = {name for name in within_reach() - set(LEFT) if not deleted(name, source)}
    assert forgotten == set(), "remove it in requests_app_remove_samples(), or say in LEFT why it stays"


def test_no_row_names_what_is_gone(alice: User, nora: User) -> None:
    ids = everything(nora, sample_team(alice))
    assert within_reach() - set(LEFT) - naming(ids) == set(), "the test makes no sample of these"
    samples.remove()
    assert naming(ids) == set()


def test_what_people_made_stays_to_the_last_digit(alice: User, own: AIRequest, nora: User) -> None:
    Group.objects.create(name="reviewers")
    an_embedding_set()
    tally.count_all()
    before = written()
    team = sample_team(alice)
    everything(nora, team)
    furnish(ask(alice, team), judge=alice)
    nobodys = {str(nora.pk), str(nora.personal_team_id)}
    assert samples.remove() == samples.Samples(requests=2, calls=3, reviews=2, ratings=2, teams=1, people=1)
    for name, rows in written().items():
        if name in REBUILT:
            continue
        assert rows == [row for row in before[name] if not any(each in row for each in nobodys)], name


def test_an_answer_of_people_outlives_the_sample_document_that_it_cites(
    alice: User, own: AIRequest, nora: User
) -> None:
    everything(nora, sample_team(alice))
    source = RequestSource.objects.get()
    source.pk, source.request = uuid7(), own
    source.save(force_insert=True)
    Citation.objects.create(request=own, position=0, key=1, source=source)
    samples.remove()
    assert AIRequest.objects.filter(pk=own.pk).exists()
    assert not RequestSource.objects.exists()
    assert not Citation.objects.exists()


def test_what_is_counted_is_what_goes(alice: User, nora: User, own: AIRequest) -> None:
    everything(nora, sample_team(alice))
    counted = samples.counted()
    assert counted == samples.remove()
    assert not samples.counted()
    assert not samples.remove()


def test_a_retry_of_a_sample_stays_and_forgets_it(alice: User) -> None:
    mine = retry(ask(alice, sample_team(alice))).request
    samples.remove()
    assert AIRequest.objects.get().pk == mine.pk
    assert AIRequest.objects.get().retry_of is None


def test_an_old_window_that_samples_opened_goes(alice: User) -> None:
    ask(alice, sample_team(alice))
    window = BudgetWindow.objects.filter(budget__user=alice)
    window.update(starts=seconds_from_now(-2 * DAY_S), ends=seconds_from_now(-DAY_S))
    samples.remove()
    assert not window.exists()
    assert TokenBudget.objects.filter(user=alice).exists()


def test_reports_are_of_people_alone_again(alice: User, nora: User) -> None:
    """The day that samples filled is gone, the one that people shared with them is counted anew."""
    today = days.day_of(timezone.now())
    shared, filled = today - timedelta(days=2), today - timedelta(days=1)
    ended(ask(alice), on=shared)
    making.make(shared)
    before = figures(shared)
    QualityReport.objects.all().delete()
    QualityDay.objects.all().delete()

    team = sample_team(nora)
    ended(ask(nora, team), on=shared)
    ended(ask(nora, team), on=filled)
    making.make(shared)
    making.make(filled)
    PromptReview.objects.create(prompt_key="k", prompt_version="1", day=filled, days=1, approved=1, ratings=20)
    assert figures(shared) != before
    samples.remove()
    assert figures(shared) == before
    assert list(QualityReport.objects.values_list("day", flat=True)) == [shared]
    assert not QualityDay.objects.filter(day=filled).exists()
    assert not PromptReview.objects.exists()


def test_sums_are_of_people_alone_again(alice: User, own: AIRequest, nora: User) -> None:
    """Also the sums of whoever has asked for a sample team, and whatever was not counted yet."""
    tally.count_all()
    before = sums()
    team = sample_team(alice)
    everything(nora, team)
    furnish(ask(alice, team), judge=nora)
    tally.count_all()
    log(ask(alice, team), attempt=1)
    deliver(ask(alice, team), completed=DatabaseClock() - 3 * timedelta(days=1))
    tally.count_all()
    deliver(ask(alice, team))
    assert sums() != before
    samples.remove()
    assert sums() == before
    tally.count_all()
    assert sums() == before


def sums() -> list[dict[str, object]]:
    order = ["day", "scope", "scope_id", "dimension", "value"]
    return [{**row, "id": None} for row in UsageDay.objects.order_by(*order).values()]


def ended(request: AIRequest, *, on: date) -> None:
    noon = days.bounds(on)[0] + timedelta(hours=12)
    claim_next(new_lease().pk)
    moved = AIRequest.objects.filter(pk=request.pk)
    moved.move(Status.FAILED, error_code="refused")
    moved.update(created=noon, completed=noon)


def figures(day: date) -> list[dict[str, object]]:
    rows = QualityDay.objects.filter(day=day).order_by("prompt_key", "prompt_version").values()
    return [{name: value for name, value in row.items() if name not in {"id", "made"}} for row in rows]


def test_what_people_point_to_stops_the_removal(alice: User, nora: User, own: AIRequest) -> None:
    """By the foreign keys, whatever they are: all goes or nothing."""
    ask(nora, sample_team(nora))
    AIReviewQueue.objects.update(claimed_by=nora)
    with pytest.raises(samples.SamplesInUse):
        samples.remove()
    assert User.objects.filter(pk=nora.pk).exists()
    assert AIRequest.objects.filter(user=nora).count() == 1


class TestHostile:
    """As the application's role, with all that it may do."""

    def refused(self, change: Callable[[], object]) -> None:
        with pytest.raises(Error, match="sample data"), pgtrigger.ignore(), transaction.atomic():
            change()

    def test_nobody_makes_a_sample_of_a_team(self, alice: User) -> None:
        self.refused(lambda: Team.objects.filter(pk=alice.personal_team_id).update(sample=True))
        self.refused(lambda: Team.objects.create(name="Real", sample=True))

    def test_nobody_makes_a_sample_of_a_person(self, alice: User) -> None:
        Team.objects.filter(personal_of=alice).update(personal_of=None)
        team = sample_team()
        self.refused(lambda: Team.objects.filter(pk=team.pk).update(personal_of=alice))

    def test_nobody_makes_a_sample_of_a_request(self, alice: User, nora: User, own: AIRequest) -> None:
        team = sample_team(alice)
        self.refused(lambda: AIRequest.objects.filter(pk=own.pk).update(team=team))
        self.refused(lambda: AIRequest.objects.filter(pk=own.pk).update(user=nora))

    def test_nobody_makes_a_sample_of_a_document(self, alice: User, nora: User, own: AIRequest) -> None:
        team, mine = sample_team(alice), Document.objects.filter(owner=alice)
        self.refused(lambda: mine.update(team=team))
        self.refused(lambda: mine.update(owner=nora))

    def test_the_mark_stays(self, alice: User) -> None:
        team = sample_team(alice)
        self.refused(lambda: Team.objects.filter(pk=team.pk).update(sample=False))

    def test_tables_and_functions_of_the_same_names_deceive_nobody(self, alice: User, own: AIRequest) -> None:
        sample_team(alice)
        before = AIRequest.objects.count()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE accounts_team AS SELECT * FROM public.accounts_team;"
                "UPDATE pg_temp.accounts_team SET sample = true;"
                "CREATE FUNCTION pg_temp.cardinality(anyarray) RETURNS integer LANGUAGE sql"
                " AS 'DELETE FROM public.requests_app_requestmove; SELECT 1';"
                "SET search_path = pg_temp, public"
            )
            cursor.execute("SELECT * FROM public.requests_app_remove_samples()")
            assert dict(cursor.fetchall())["requests"] == 0
            cursor.execute("DROP TABLE pg_temp.accounts_team; RESET search_path")
        assert AIRequest.objects.count() == before
        assert RequestMove.objects.filter(request=own).exists()

    def test_tables_that_are_written_once_stay_so(self, alice: User, own: AIRequest) -> None:
        """Also for the rest of the transaction that removed."""
        ask(alice, sample_team(alice))
        with transaction.atomic():
            samples.remove()
            with pytest.raises(Error, match="Cannot update or delete"), transaction.atomic():
                RequestMove.objects.filter(request=own).delete()

    def test_no_other_role_may_call_it(self, committed: None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_function_privilege('pg_read_all_data', 'requests_app_remove_samples()', 'EXECUTE'),"
                " has_function_privilege('requests_app_remove_samples()', 'EXECUTE')"
            )
            assert cursor.fetchone() == (False, True)
