"""One document on its way into the index: read, cut, embedded where it is new, and published as a whole."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from ai.embedding import Embedding
from ai.embedding_models import embedding_model
from ai.errors import EmbedderResting, NotCovered, NotEmbedded
from ai.failures import FAILURES
from ai.meter import Account
from ai.rag import claims, sets
from ai.rag.chunking import Piece, Sizes, pieces
from ai.rag.claims import Claim, ClaimLost, Renewing
from ai.rag.extraction import ExtractionFailed, extractor_of
from ai.rag.limits import chunk_tokens
from ai.rag.models import EmbeddingSet, KnowledgeVector, State
from ai.rag.publishing import publish
from ai.rag.vectors import keep
from ai.storable import UNSTORABLE
from ai.types import EmbeddingModel

ACTION = "index_document"
SLICE_S = 15.0  # others wait too: a long document is gone on with behind them
SOON_S = 5.0
PROGRESS_S = 0.5
MOST_FAILURES = 5
BACKOFF_S = 5.0
NO_BUDGET_S = 600.0
NO_MODEL_S = 60.0
HOLD_S = 600.0

log = logging.getLogger(__name__)


class Unfinished(Exception):
    """The slice of time is over; what was embedded is kept."""


class NoModel(Exception):
    """Neither is there a model that embeds, or none of the active set."""


def reindex(document_id: UUID) -> float | None:
    """Bring it up to the version that is wanted. In how many seconds to come back to it soon; None for not at all."""
    claim = claims.take(document_id)
    if claim is None:
        return claims.due_in(document_id, within_s=SOON_S)
    with Renewing(claim):
        try:
            _index(claim)
        except ClaimLost:
            return claims.due_in(document_id, within_s=SOON_S)
        except Unfinished:
            claim.release(after_s=0.0)
            return 0.0
        except NoModel as problem:
            claim.release(after_s=NO_MODEL_S, code="no_embedding_model", message=str(problem))
        except NotCovered as refused:
            claim.release(after_s=NO_BUDGET_S, code=refused.code, message=str(refused))
        except ExtractionFailed as failed:
            _put_back(claim, failed.code, str(failed), after_s=BACKOFF_S if failed.passing else None)
        except EmbedderResting as resting:  # no failure of this document, however often it comes
            claim.release(after_s=resting.after_s or SOON_S, code=resting.code, message=str(resting))
        except NotEmbedded as failed:
            _put_back(claim, failed.code, str(failed), after_s=failed.after_s)
        except Exception:  # the edge: whatever it is, the document must say that it failed
            log.exception("document %s could not be indexed", document_id)
            _put_back(claim, "internal_error", str(FAILURES["internal_error"]), after_s=BACKOFF_S)
    return None


def _put_back(claim: Claim, code: str, message: str, *, after_s: float | None) -> None:
    """Failures in a row, of the same version, are bounded; the waits between them grow."""
    failures = claim.failures + 1
    over = after_s is None or failures >= MOST_FAILURES
    with transaction.atomic():
        claim.row.update(failures=failures)
        wait = max(after_s or 0.0, BACKOFF_S * 2 ** (failures - 1))
        claim.release(after_s=0.0 if over else wait, failed=over, code=code, message=message)


class _Progress:
    """Written down now and then, which also notices that the document is not wanted so any more."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._due = time.monotonic() + PROGRESS_S

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + PROGRESS_S
            self._claim.move(done=done, total=total)


def _index(claim: Claim) -> None:
    model, target = _where()
    text = extractor_of(claim.source_type)(claim.source, claim.version, progress=_Progress(claim))
    claim.move(state=State.CHUNKING)
    account = Account(reference=uuid7(), subject=claim.subject, scope=claim.scope, expires_s=HOLD_S)
    with Embedding(model=model, account=account, action=ACTION, object_id=str(claim.source)) as work:
        clean = UNSTORABLE.sub("\ufffd", text)
        cut = pieces(clean, Sizes(most=chunk_tokens(model.window)), work.count)
        _embed(claim, work, cut, target)
    publish(claim, cut, target)


def _where() -> tuple[EmbeddingModel, EmbeddingSet]:
    model, target = embedding_model(), sets.active()
    if model is None:
        raise NoModel(_("No embedding model is configured."))
    if target is None or (target.model, target.dimensions) != (model.name, model.dimensions):
        raise NoModel(_("The active embedding set is of another model; `manage.py embedding_set` makes one."))
    return model, target


def _embed(claim: Claim, work: Embedding, cut: Sequence[Piece], target: EmbeddingSet) -> None:
    """What the document has no vector for, whichever version or broken attempt it was made for."""
    until = time.monotonic() + SLICE_S
    mine = KnowledgeVector.objects.filter(embedding_set=target, knowledge_document_id=claim.id)
    have = set(mine.values_list("content_hash", flat=True))
    wanted = {piece.content_hash: piece for piece in cut if piece.content_hash not in have}
    done = len(cut) - len(wanted)
    claim.move(state=State.EMBEDDING, done=done, total=len(cut))
    new = list(wanted.values())
    for batch in work.batches([piece.embedded for piece in new]):
        if time.monotonic() > until:
            raise Unfinished
        vectors = work.embed(batch)
        embedded, new = new[: len(batch)], new[len(batch) :]
        done += len(batch)
        with transaction.atomic():
            claim.move(done=done)
            keep(claim, embedded, vectors, target)
