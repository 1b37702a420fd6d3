"""Nothing of somebody's private document reaches anybody else, also where it was searched, answered from and cited.

Every address times everybody who might ask for it; streams of others are refused in test_streams.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ApiToken, Membership, Team, User
from ai.rag.context import block_of
from ai.rag.looking import passage_of
from ai.rag.models import KnowledgeChunk, KnowledgeDocument, State
from ai.rag.viewing import viewing
from documents import fields, library
from documents.library import Draft
from documents.models import Document
from requests_app import days, sources
from requests_app.intake import Submission, accept
from requests_app.lifecycle import Ending, finish
from requests_app.models import AIRequest, Citation, Status
from requests_app.reports import making
from tests.integration.admin.furniture import furnish
from tests.integration.held.addresses import Address, addresses
from tests.integration.held.answers import MARK, Held, word
from tests.integration.held.test_addresses import Found, program, signed_in, visit
from tests.integration.requests_app.test_review import answer, ask, claimed
from tests.integration.searches import found, look_for, with_model

pytestmark = pytest.mark.timeout(600)  # each asks for hundreds of pages

TEXT = f"The fee is {word('fee')}."
READS_TEXTS = ("view_request_text", "view_document_text")
OWNER_SEES = {"documents/<uuid:pk>", "requests/<uuid:pk>", "api/v1/documents/<uuid:pk>", "api/v1/requests/<uuid:pk>"}


@pytest.fixture(autouse=True)
def figures(tmp_path: Path, settings: Settings) -> None:
    settings.LINTEL_METRICS_DIR = tmp_path


@pytest.fixture
def harbour(alice: User, mallory: User) -> Team:
    team = Team.objects.create(name="Harbour")
    for user in (alice, mallory):
        Membership.objects.create(team=team, user=user, role="admin")
    return team


@pytest.fixture
def private(alice: User, harbour: Team, settings: Settings) -> Held:
    """alice's document in a team with mallory, for herself alone: indexed, found by a search, cited by an answer."""
    furnish(1)
    ApiToken.objects.create(user=alice, name="a program")
    judged = answer(ask(alice), "Done.")
    making.make(days.day_of(timezone.now()))
    with_model(settings)
    content = fields.of_text(TEXT)
    document = library.create(alice, Draft(content=content, title=word("title"), team=harbour)).document
    chunk = indexed(document)
    search = found(look_for(alice, word("question")), chunk)
    return Held([grounded(alice, chunk), search, judged])


def indexed(document: Document) -> KnowledgeChunk:
    known = KnowledgeDocument.objects.get(source=document.pk)
    KnowledgeDocument.objects.filter(pk=known.pk).update(state=State.READY, indexed=1, generation=1)
    with viewing(subject=document.owner_id, scopes=[]):
        return KnowledgeChunk.objects.create(
            knowledge_document=known, version=1, generation=1, ordinal=0, text=TEXT, start=0, end=len(TEXT),
            content_hash="0", tokens=5, heading_path=[word("heading")],
        )  # fmt: skip


def grounded(asker: User, chunk: KnowledgeChunk) -> AIRequest:
    accept(asker, Submission(prompt_key="rag_answer", payload={"question": word("question")}))
    claim = claimed()
    with viewing(subject=asker.pk, scopes=[]):
        passage = passage_of(KnowledgeChunk.objects.select_related("knowledge_document").get(pk=chunk.pk), score=0.9)
    assert sources.keep(claim.request, [block_of(1, [passage])], attempt=claim.attempt)
    ending = Ending(status=Status.DONE, text=f"It is {word('answer')} [1].")
    finish(claim.request, attempt=claim.attempt, ending=ending, closed=None)
    assert Citation.objects.get(request=claim.request).source is not None
    return AIRequest.objects.get(pk=claim.request.pk)


def staff(*allowed: Permission) -> Client:
    return signed_in(User.objects.create_user("olga"), *allowed, is_staff=True)


PEOPLE: dict[str, Callable[[], Client]] = {
    "teammate": lambda: signed_in(User.objects.get(username="mallory")),
    "program of a teammate": lambda: program(User.objects.get(username="mallory")),
    "stranger": lambda: signed_in(User.objects.create_user("victor")),
    "staff without a right": staff,
    "staff who read no texts": lambda: staff(
        *Permission.objects.filter(codename__startswith="view_").exclude(codename__in=READS_TEXTS)
    ),
    "anonymous": Client,
}


@pytest.mark.parametrize("who", PEOPLE)
def test_private_document_is_on_no_path(private: Held, who: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client, seen = PEOPLE[who](), Found()
    for address in addresses(private):
        visit(client, address, private, seen)
    assert not seen.shown
    assert MARK not in caplog.text


def test_its_owner_finds_it_on_the_same_walk(private: Held, alice: User) -> None:
    client, seen = signed_in(alice), Found()
    walk = [address for address in addresses(private) if address.route in OWNER_SEES]
    for address in walk:
        visit(client, address, private, seen)
    assert {route_of(walk, where.split()[-1]) for where in seen.shown} == OWNER_SEES


def route_of(walk: list[Address], path: str) -> str:
    return next(address.route for address in walk if address.path == path)
