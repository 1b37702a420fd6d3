"""Searches that have found something, without a worker and anything that embeds."""

from __future__ import annotations

from pytest_django import Settings

from accounts.models import User
from ai.rag.models import KnowledgeChunk
from requests_app.finding import PROMPT
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, Status, WorkerLease
from requests_app.models.clock import DatabaseClock, seconds_from_now

MODEL = "fake-embedding-32"
LEASE = "The lease of the warehouse needs ninety days of notice."


def with_model(settings: Settings) -> None:
    """Searches are accepted; nothing calls it."""
    settings.LINTEL_EMBEDDING_BASE_URL = "http://127.0.0.1:9/v1"
    settings.LINTEL_EMBEDDING_MODEL, settings.LINTEL_EMBEDDING_DIMENSIONS = MODEL, 32


def look_for(who: User, q: str = "notice of the lease", **more: object) -> AIRequest:
    return accept(who, Submission(prompt_key=PROMPT, payload={"q": q, **more})).request


def found(request: AIRequest, *chunks: KnowledgeChunk, ranked: int | None = None) -> AIRequest:
    """The same search after its end."""
    passages = [
        {"chunk": str(chunk.pk), "score": round(0.8 - rank / 10, 4), "found_by": ["vector", "words"]}
        for rank, chunk in enumerate(chunks)
    ]
    output = {"passages": passages, "ranked": len(chunks) if ranked is None else ranked, "min_score": 0.24}
    lease = WorkerLease.objects.create(host="here", pid=1, expires_at=seconds_from_now(60))
    row = AIRequest.objects.filter(pk=request.pk)
    row.move(Status.PROCESSING, lease=lease, attempt=1, model=MODEL, started=DatabaseClock())
    row.move(Status.DONE, result="found", output=output, input_tokens=5, output_tokens=0, cost_usd=0)
    request.refresh_from_db()
    return request
