"""Not paid for twice: an answer that its owner has had already serves again, and of equal requests one asks for all.

Equal is what has the same owner, prompt content, route and payload. Answers are looked for among the owner's own
requests: there is no second copy of them to bound, to expire or to forget when one is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from ai.models import PromptTemplate
from ai.prompts.registry import stored_prompt
from ai.prompts.spec import CacheSpec
from requests_app.models import AIRequest, Status
from requests_app.models.clock import seconds_from_now
from requests_app.wake import wake

TWIN_S = 5.0
"""How long an equal request waits before it looks again; usually the end of the one that asks wakes it."""
FREE = """
UPDATE requests_app_airequest SET not_before = NULL WHERE id IN (
    SELECT id FROM requests_app_airequest
    WHERE fingerprint = %s AND status = 'pending' AND attempt_reason = 'twin'
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
) RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The answer of another request. ``saved_usd`` is what that one cost; ``stale``: older than its prompt wants it."""

    request_id: UUID
    text: str
    output: Any
    repaired: bool
    provider: str
    model: str
    saved_usd: Decimal | None
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinAsks:
    """An equal request has asked a model already, and its answer will serve this one too."""


def may_serve_again(template: PromptTemplate) -> bool:
    return template.spec.cache is not None


def find(request: AIRequest, *, attempt: int) -> Earlier | TwinAsks | None:
    """What spares this request a call; None where it is now the one to ask, for all of its equals."""
    with transaction.atomic():
        _alone(request.fingerprint)
        # In this order: one that ends between the two looks is seen by the second.
        equals = AIRequest.objects.filter(fingerprint=request.fingerprint).exclude(pk=request.pk)
        twin = equals.filter(status=Status.PROCESSING, leading=True).exists()
        if (found := _latest(request, within_s=_cache(request).ttl)) is not None:
            return _earlier(found)
        AIRequest.objects.held(request.pk, attempt).update(leading=not twin)
    return TwinAsks() if twin else None


def last_good(request: AIRequest) -> Earlier | None:
    """An older answer, for a request that no model can answer now, where its prompt allows that."""
    stale_s = _cache(request).stale
    found = _latest(request, within_s=stale_s) if stale_s else None
    return _earlier(found, stale=True) if found else None


def free_twins(fingerprint: str) -> None:
    """The one that asked for all has ended, however: its equals look again at once."""
    with connection.cursor() as cursor:
        cursor.execute(FREE, [fingerprint])
        freed = [request_id for (request_id,) in cursor.fetchall()]
    for request_id in freed:
        wake(request_id)


def _alone(fingerprint: str) -> None:
    """Equal requests look one after another, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"reuse {fingerprint}"])


def _cache(request: AIRequest) -> CacheSpec:
    cache = stored_prompt(request.template_id).spec.cache
    if cache is None:
        raise ValueError(f"{request.prompt_key}@{request.prompt_version} lets no answer serve again")
    return cache


def _latest(request: AIRequest, *, within_s: float) -> AIRequest | None:
    """Only answers that a model gave: what was served again does not stay young by that."""
    answers = AIRequest.objects.filter(
        user_id=request.user_id,
        deleted_at=None,
        fingerprint=request.fingerprint,
        status=Status.DONE,
        answered_by=None,
        completed__gt=seconds_from_now(-within_s),
    )
    return answers.order_by("-completed").first()


def _earlier(found: AIRequest, *, stale: bool = False) -> Earlier:
    return Earlier(
        request_id=found.pk,
        text=found.result or "",
        output=found.output,
        repaired=found.repaired,
        provider=found.provider,
        model=found.model,
        saved_usd=found.cost_usd,
        stale=stale,
    )
