"""Answers that cite passages, without a model that writes them."""

from __future__ import annotations

from accounts.models import User
from ai.rag.context import block_of
from ai.rag.looking import passage_of
from ai.rag.models import KnowledgeChunk, KnowledgeDocument
from requests_app import sources
from requests_app.intake import Submission, accept
from requests_app.lifecycle import Claim, Ending, finish
from requests_app.models import AIRequest, Status
from tests.integration.rag.shelf import Shelf, indexed
from tests.integration.requests_app.conftest import claim_next, new_lease


def begin(who: User) -> Claim:
    accept(who, Submission(prompt_key="rag_answer", payload={"question": "Which stone?"}))
    claim = claim_next(new_lease().pk)
    assert claim is not None
    return claim


def give(claim: Claim, *passages: KnowledgeChunk) -> None:
    """Each under a number of its own."""
    blocks = [block_of(key, [passage_of(each)]) for key, each in enumerate(passages, start=1)]
    sources.keep(claim.request, blocks, attempt=claim.attempt)


def end(claim: Claim, text: str = "It was laid [1].") -> AIRequest:
    finish(claim.request, attempt=claim.attempt, ending=Ending(status=Status.DONE, text=text), closed=None)
    claim.request.refresh_from_db()
    return claim.request


def answered(who: User, *passages: KnowledgeChunk, text: str = "It was laid [1].") -> AIRequest:
    claim = begin(who)
    give(claim, *passages)
    return end(claim, text)


def edit(shelf: Shelf, document: KnowledgeDocument, text: str) -> KnowledgeDocument:
    return indexed(shelf.put(text, id=document.source))
