"""Accept a submission: all is validated, then request and idempotency key are one commit, then a worker is woken.

The row is the outbox: waking is the fast path, the keepers' look at waiting rows is the guarantee.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable
from uuid_utils.compat import uuid7

from accounts.models import Team, User
from ai.errors import Problem, PromptNotFound, VariablesInvalid
from ai.models import PromptTemplate
from ai.prompts.registry import get_prompt, render_prompt, validate
from ai.routing import Catalogue, catalogue_at, model_for
from ai.routing.current import NEWEST_VERSION
from ai.routing.snapshot import LEVELS
from ai.tokens import estimate_messages
from ai.tracing import traceparent
from ai.types import ModelSpec
from requests_app import finding, judging, ledger, lifecycle, reuse, review
from requests_app.budgets import Amount
from requests_app.context import http_request_id
from requests_app.errors import (
    ContextTooLong,
    KeyBusy,
    KeyReused,
    NoModelConfigured,
    SubmissionInvalid,
)
from requests_app.models import AIRequest, IdempotencyKey, Lane, Priority
from requests_app.models.clock import seconds_from_now
from requests_app.signals import announce_accepted
from requests_app.wake import changed, wake

TWIN_WAIT = "2s"
# In one statement, for it is asked at each acceptance.
TIER_AND_VERSION = f"SELECT tier, ({NEWEST_VERSION}) FROM accounts_team WHERE id = %s"  # noqa: S608 - constants
TAKE_KEY = """
INSERT INTO requests_app_idempotencykey (id, user_id, method, path, key, body_hash, request_id)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a caller asks for. ``deadline_s`` counts from acceptance; None takes the prompt's.

    ``quality`` is a level from 1 to 9, at most that of the team's tier, which None takes.
    """

    prompt_key: str
    payload: Mapping[str, Any]
    team: Team | None = None
    priority: str = Priority.BALANCED
    lane: str = Lane.INTERACTIVE
    quality: int | None = None
    model: str | None = None
    deadline_s: float | None = None
    object_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    retry_of: AIRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A client's name for its submission, within (user, method, path)."""

    key: str
    method: str
    path: str
    body_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    request: AIRequest
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request that is not stored yet, and the most that its next call may spend."""

    request: AIRequest
    most: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which a submission is taken: who pays, the catalogue of now, and the quality that the payer's tier gets.

    A team of no tier may ask for more.
    """

    team_id: UUID
    catalogue: Catalogue
    level: int
    most: int


def body_hash(body: object) -> str:
    """SHA-256 of the canonical JSON: sorted keys, no spaces."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def accept(user: User, submission: Submission, idempotency: Idempotency | None = None) -> Accepted:
    """Store the submission, or return what its idempotency key has already made.

    Raises SubmissionInvalid, ContextTooLong, NoModelConfigured, BudgetExceeded, PriceUnknown, TooMany,
    KeyReused, KeyBusy.
    """
    earlier = _replay(user, idempotency)
    if earlier is not None:
        return earlier
    return _store(user, _prepare(user, submission), idempotency)


def retry(request: AIRequest, idempotency: Idempotency | None = None) -> Accepted:
    """Ask again: a new request with the same input, linked to the old, under the prompt and the route of today.

    A team that the user has left since, or a sample one, does not pay for it: their personal team does.
    """
    again = Submission(
        prompt_key=request.prompt_key,
        payload=request.payload,
        team=Team.objects.paying_for(request.user).filter(pk=request.team_id).first(),
        priority=request.priority,
        lane=request.lane,
        object_id=request.object_id,
        metadata=request.metadata,
        retry_of=request,
    )
    return accept(request.user, again, idempotency)


def cancel(request: AIRequest) -> AIRequest:
    """End a waiting request here and now; ask the holder of a running one to end it. Repeating changes nothing."""
    row = AIRequest.objects.filter(pk=request.pk)
    for _again in range(3):  # claimed or put back between the two statements: look once more
        if lifecycle.cancel_waiting(request.pk):
            transaction.on_commit(partial(changed, request.pk))
            break
        if row.ask_to_cancel():
            break
        if review.withdraw(request.pk):
            transaction.on_commit(partial(changed, request.pk))
            break
    request.refresh_from_db()
    return request


def _replay(user: User, idempotency: Idempotency | None) -> Accepted | None:
    if idempotency is None:
        return None
    row = (
        IdempotencyKey.objects.select_related("request")
        .filter(user=user, method=idempotency.method, path=idempotency.path, key=idempotency.key)
        .first()
    )
    if row is None:
        return None
    if row.body_hash != idempotency.body_hash:
        raise KeyReused("This Idempotency-Key was used with another body.")
    return Accepted(request=row.request, replayed=True)


def estimate(user: User, submission: Submission) -> Amount:
    """The most that the submission's next call may spend; raises as ``accept`` does."""
    template = _template(submission)
    route = _route(submission, template, terms_of(user, submission.team), seed=None)
    return _most(_needed(submission, template, route), template, route)


def _prepare(user: User, submission: Submission) -> Prepared:
    template = _template(submission)
    terms, request_id = terms_of(user, submission.team), uuid7()
    route = _route(submission, template, terms, seed=request_id)
    needed = _needed(submission, template, route)
    request = AIRequest(
        id=request_id,
        user=user,
        team_id=terms.team_id,
        lane=submission.lane,
        priority=submission.priority,
        template=template,
        prompt_key=template.key,
        prompt_version=template.version,
        prompt_hash=template.hash,
        payload=dict(submission.payload),
        input_estimate=needed,
        object_id=submission.object_id,
        metadata=dict(submission.metadata),
        retry_of=submission.retry_of,
        gated=judging.is_gated(template),
        fingerprint=_fingerprint(user, submission, template, terms),
        route=[model.name for model in route],
        catalogue=terms.catalogue.version,
        quality_level=_level(submission, terms),
        model_asked=route[0].name,
        deadline=seconds_from_now(submission.deadline_s or template.deadline_s),
        http_request_id=http_request_id(),
        traceparent=traceparent(),
    )
    return Prepared(request=request, most=_most(needed, template, route))


def _template(submission: Submission) -> PromptTemplate:
    try:
        template = get_prompt(submission.prompt_key)
    except PromptNotFound:
        raise SubmissionInvalid([Problem(pointer="/prompt_key", detail="there is no such prompt")]) from None
    if template.unavailable and template.spec.search:
        raise NoModelConfigured("No embedding model is configured: documents cannot be searched.")
    if template.unavailable:
        raise SubmissionInvalid([Problem(pointer="/prompt_key", detail=template.unavailable)])
    try:
        validate(template, submission.payload)
    except VariablesInvalid as wrong:
        raise SubmissionInvalid(
            [Problem(pointer=f"/payload{problem.pointer}", detail=problem.detail) for problem in wrong.problems]
        ) from None
    return template


def terms_of(user: User, team: Team | None) -> Terms:
    team_id = team.pk if team else user.personal_team_id
    with connection.cursor() as cursor:
        cursor.execute(TIER_AND_VERSION, [team_id])
        [(tier, version)] = cursor.fetchall()
    catalogue = catalogue_at(version)
    level = catalogue.level_of(tier)
    return Terms(team_id=team_id, catalogue=catalogue, level=level, most=level if tier else max(LEVELS))


def _level(submission: Submission, terms: Terms) -> int:
    if submission.quality is None:
        return terms.level
    if submission.quality > terms.most:
        detail = f"the tier of the team that pays has at most {terms.most}"
        raise SubmissionInvalid([Problem(pointer="/quality", detail=detail)])
    return submission.quality


def _route(
    submission: Submission, template: PromptTemplate, terms: Terms, *, seed: UUID | None
) -> tuple[ModelSpec, ...]:
    level = _level(submission, terms)
    route = finding.route() if template.spec.search else model_for(
        template.key,
        template.route,
        priority=submission.priority,
        level=level,
        seed=seed,
        catalogue=terms.catalogue,
    )  # fmt: skip
    if not route:
        raise NoModelConfigured("No model provider is configured.")
    if submission.model is None:
        return route
    chosen = tuple(model for model in route if model.name == submission.model)
    if not chosen:
        names = ", ".join(model.name for model in route)
        raise SubmissionInvalid([Problem(pointer="/model", detail=f"not on this prompt's route, which has {names}")])
    return chosen


def _needed(submission: Submission, template: PromptTemplate, route: tuple[ModelSpec, ...]) -> int:
    """What the input takes of the model that counts most; one model that holds it is enough, else ContextTooLong."""
    if template.spec.search is not None:
        return finding.needed(template, submission.payload, route)
    messages = render_prompt(template, submission.payload)
    found = 0 if template.spec.retrieve is None else template.spec.retrieve.room
    needs = [
        (estimate_messages(messages, model) + found, model.context_window - template.max_tokens) for model in route
    ]
    needed, window = min(needs, key=lambda pair: pair[0] - pair[1])
    if needed > window:
        raise ContextTooLong(needed=needed, window=window)
    return max(needed for needed, _window in needs)


def _fingerprint(user: User, submission: Submission, template: PromptTemplate, terms: Terms) -> str:
    """Whoever asks again after an answer wants another one."""
    if submission.retry_of is not None or not reuse.may_serve_again(template):
        return ""
    # As nobody's request: among models that share a tier, each request's own id draws the order.
    names = [model.name for model in _route(submission, template, terms, seed=None)]
    return body_hash([str(user.pk), template.hash, names, submission.payload])


def _most(needed: int, template: PromptTemplate, route: tuple[ModelSpec, ...]) -> Amount:
    answers = [min(template.max_tokens + model.thought_tokens, model.max_output_tokens) for model in route]
    return ledger.most_of(route, input_tokens=needed, output_tokens=max(answers))


def _store(user: User, prepared: Prepared, idempotency: Idempotency | None) -> Accepted:
    request = prepared.request
    with transaction.atomic():
        if idempotency is not None and not _take_key(user, request.pk, idempotency):
            earlier = _replay(user, idempotency)
            if earlier is None:
                raise KeyBusy("The same submission is being accepted right now.")
            return earlier
        request.save(force_insert=True)
        ledger.hold(request, prepared.most)
        transaction.on_commit(partial(wake, request.pk))
        announce_accepted(request)
    return Accepted(request=request)


def _take_key(user: User, request_id: UUID, idempotency: Idempotency) -> bool:
    """Insert the key ahead of its request (the foreign key is checked at commit); a twin in flight is waited for."""
    name = [idempotency.method, idempotency.path, idempotency.key]
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{TWIN_WAIT}'")
        try:
            cursor.execute(TAKE_KEY, [uuid7(), user.pk, *name, idempotency.body_hash, request_id])
        except OperationalError as problem:
            if isinstance(problem.__cause__, LockNotAvailable):
                raise KeyBusy("The same submission is being accepted right now.") from None
            raise
        return int(cursor.rowcount) == 1
