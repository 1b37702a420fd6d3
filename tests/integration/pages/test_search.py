from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from ai.rag.models import KnowledgeChunk
from ai.rag.viewing import viewing
from requests_app.models import AIRequest
from requests_app.pages.search import EXCERPT, excerpt, pieces, words_of
from tests.integration.rag.library import put
from tests.integration.searches import LEASE, found, look_for, with_model

HOSTILE = "The lease <script>alert(1)</script> & its notice."


@pytest.fixture(autouse=True)
def embedding_model(settings: Settings) -> None:
    with_model(settings)


@pytest.fixture
def lease(alice: User) -> KnowledgeChunk:
    return put(LEASE, owner=alice.pk, team=alice.personal_team_id)


def body(page: Client, request: AIRequest) -> str:
    return page.get(f"/searches/{request.pk}").content.decode()


def test_sending_the_form_leads_to_a_page_of_its_own(page: Client, alice: User) -> None:
    answer = page.post("/search", {"q": "notice", "top_k": "20", "min_score": "0.5", "token": str(uuid4())})
    row = AIRequest.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/searches/{row.pk}")
    assert (row.user, row.payload) == (alice, {"q": "notice", "top_k": 20, "min_score": 0.5})


def test_sending_it_twice_makes_one_search(page: Client) -> None:
    form = {"q": "notice", "token": str(uuid4())}
    assert page.post("/search", form)["Location"] == page.post("/search", form)["Location"]
    assert page.post("/search", {**form, "q": "other"})["Location"] != page.post("/search", form)["Location"]


@pytest.mark.parametrize(
    "wrong", [{"q": ""}, {"q": "  "}, {"q": "x" * 2001}, {"top_k": "7"}, {"min_score": "2"}, {"min_score": "much"}]
)
def test_what_is_wrong_is_said_and_the_rest_kept(page: Client, wrong: dict[str, str]) -> None:
    answer = page.post("/search", {"q": "the quay", **wrong})
    assert answer.status_code == 400
    assert "Nothing was searched" in answer.content.decode()
    assert not AIRequest.objects.exists()
    if "q" not in wrong:
        assert 'value="the quay"' in answer.content.decode()


def test_a_full_budget_is_said(page: Client, settings: Settings) -> None:
    settings.LINTEL_DAILY_TOKENS = 1
    assert page.post("/search", {"q": "a longer question"}).status_code == 402


def test_an_address_may_carry_what_to_search(page: Client) -> None:
    answer = page.get("/search?q=the+quay&top_k=50&min_score=0")
    assert 'value="the quay"' in answer.content.decode()
    assert not AIRequest.objects.exists()


def test_a_waiting_search_looks_again_by_itself(page: Client, alice: User) -> None:
    shown = body(page, look_for(alice))
    assert 'aria-busy="true"' in shown
    assert '<noscript><meta http-equiv="refresh"' in shown
    assert "every 700ms" in shown


def test_passages_stand_with_score_title_and_words(page: Client, alice: User, lease: KnowledgeChunk) -> None:
    shown = body(page, found(look_for(alice), lease))
    assert '<meter min="0" max="1" value="0.8000"' in shown
    assert "<mark>lease</mark>" in shown
    assert "<mark>notice</mark>" in shown
    assert "You can see 1 passage in all" in shown
    assert "http-equiv" not in shown


def test_a_passage_leads_to_its_place_in_its_document(page: Client, alice: User, lease: KnowledgeChunk) -> None:
    document = lease.knowledge_document
    document.source_type = "document"
    document.save()
    place = f"/documents/{document.source}?version=1&amp;from=0&amp;to={len(LEASE)}#passage"
    assert f'<a href="{place}">' in body(page, found(look_for(alice), lease))


def test_passages_are_text(page: Client, alice: User) -> None:
    chunk = put(HOSTILE, owner=alice.pk, team=alice.personal_team_id)
    shown = body(page, found(look_for(alice, q='notice "><b>'), chunk))
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; its <mark>notice</mark>" in shown
    assert "<b>" not in shown


def test_a_passage_that_has_gone_is_said(page: Client, alice: User, lease: KnowledgeChunk) -> None:
    request = found(look_for(alice), lease)
    with viewing(subject=alice.pk, scopes=[]):
        KnowledgeChunk.objects.filter(pk=lease.pk).delete()
    shown = body(page, request)
    assert "This passage has gone" in shown
    assert "ninety" not in shown


@pytest.mark.parametrize(("ranked", "words"), [(0, "nothing to search yet"), (9, "No passage scores 0.24 or more")])
def test_why_nothing_was_found(page: Client, alice: User, ranked: int, words: str) -> None:
    assert words in body(page, found(look_for(alice), ranked=ranked))


def test_a_search_that_failed_says_why(page: Client, alice: User) -> None:
    request = look_for(alice)
    AIRequest.objects.filter(pk=request.pk).update(status="failed", error_code="provider_unavailable")
    assert "the search did not end" in body(page, request)


def test_the_page_of_the_request_is_the_page_of_the_search(page: Client, alice: User) -> None:
    request = look_for(alice)
    assert page.get(f"/requests/{request.pk}")["Location"] == f"/searches/{request.pk}"
    assert page.post(f"/requests/{request.pk}/stop")["Location"] == f"/requests/{request.pk}"
    assert "stopped before anything was found" in body(page, request)


@pytest.mark.parametrize("path", ["/searches/{}", "/searches/{}/list"])
def test_strangers_find_nothing(mallorys: Client, alice: User, path: str) -> None:
    assert mallorys.get(path.format(look_for(alice).pk)).status_code == 404
    assert mallorys.get(path.format(UUID(int=1))).status_code == 404


def test_other_requests_are_no_searches(page: Client, summary: AIRequest) -> None:
    assert page.get(f"/searches/{summary.pk}").status_code == 404


def test_nobody_is_sent_to_the_log_in(alice: User) -> None:
    request = look_for(alice)
    assert Client().get(f"/searches/{request.pk}")["Location"].startswith("/login")
    assert Client().get(f"/searches/{request.pk}/list").status_code == 401


def test_the_documents_page_offers_to_search(page: Client) -> None:
    assert 'action="/search"' in page.get("/documents").content.decode()


def test_it_is_none_of_the_prompts_to_run(page: Client) -> None:
    assert "There is no prompt named" in page.get("/?prompt=search").content.decode()


def test_how_a_program_searches(page: Client, alice: User) -> None:
    shown = page.get(f"/searches/{look_for(alice, q='it is').pk}").content.decode()
    assert "http://testserver/api/v1/searches" in shown
    assert len(re.findall('id="snippet-(curl|python)"', shown)) == 2


def test_long_passages_begin_where_the_question_is_met() -> None:
    words = words_of("the harbour master")
    text = "word " * 300 + "the Harbour is closed " + "word " * 300
    cut = excerpt(text, words)
    assert cut.startswith("… word")
    assert cut.endswith("word …")
    assert len(cut) <= EXCERPT + 4
    assert [piece.text for piece in pieces(cut, words) if piece.marked] == ["Harbour"]
    assert "".join(piece.text for piece in pieces(text, words)) == text
    assert excerpt("short", None) == "short"
