"""The Run page without JavaScript: everything here is plain forms and links."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from ai.prompts.registry import get_prompt
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest, Status
from tests.integration.pages.conftest import MODEL

TOKEN = "0b0f3d5e-1c2d-4e5f-8a9b-0c1d2e3f4a5b"
TICKET = {"prompt": "ticket_classify", "token": TOKEN, "v-ticket": "Charged twice."}


@pytest.mark.django_db
def test_strangers_log_in_first() -> None:
    assertRedirects(Client().get("/"), "/login?next=/")


def test_prompts_to_choose_from(page: Client) -> None:
    answer = page.get("/")
    assertContains(answer, "?prompt=ticket_classify")
    assertContains(answer, "?prompt=document_summary")


def test_a_search_narrows_them_down(page: Client) -> None:
    answer = page.get("/?q=support+ticket")
    assertContains(answer, "?prompt=ticket_classify")
    assertNotContains(answer, "?prompt=document_summary&quot;")
    assert [choice.key for choice in answer.context["choices"]] == ["ticket_classify"]


def test_the_chosen_prompt_has_its_form(page: Client) -> None:
    answer = page.get("/?prompt=document_summary")
    assertContains(answer, '<textarea class="input" id="v-document" name="v-document"')
    assertContains(answer, '<option value="a short paragraph" selected>')


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("rag_answer", "Rag answer: this prompt answers from documents, and no embedding model is configured"),
        ("<b>\x00", "There is no prompt named “&lt;b&gt;\x00”."),
    ],
)
def test_a_prompt_that_is_not_offered_is_named_with_the_reason(page: Client, asked: str, reason: str) -> None:
    assertContains(page.get("/", {"prompt": asked}), reason)


def test_what_was_sent_to_a_prompt_that_is_gone_fills_no_other_form(page: Client, summary: AIRequest) -> None:
    AIRequest.objects.filter(pk=summary.pk).update(prompt_key="gone")
    answer = page.get(f"/?from={summary.pk}")
    assertContains(answer, "There is no prompt named “gone”.")
    assert answer.context["form"].fields[0].value == ""


def test_an_example_fills_the_form(page: Client) -> None:
    example = get_prompt("ticket_classify").example["ticket"]
    assertContains(page.get("/?prompt=ticket_classify&example"), escape(example))


def test_sending_makes_a_request_and_leads_to_it(page: Client, alice: User) -> None:
    answer = page.post("/", TICKET)
    request = AIRequest.objects.get()
    assertRedirects(answer, f"/requests/{request.pk}")
    assert (request.user, request.prompt_key, request.payload) == (
        alice,
        "ticket_classify",
        {"ticket": "Charged twice."},
    )


def test_two_clicks_are_one_request(page: Client) -> None:
    assert page.post("/", TICKET)["Location"] == page.post("/", TICKET)["Location"]
    assert AIRequest.objects.count() == 1


def test_back_and_another_text_is_another_request(page: Client) -> None:
    page.post("/", TICKET)
    page.post("/", {**TICKET, "v-ticket": "And once more."})
    assert AIRequest.objects.count() == 2


def test_a_forged_token_is_no_token(page: Client) -> None:
    assert page.post("/", {**TICKET, "token": "\x00"}).status_code == 302


def test_a_mistake_stands_at_its_field_and_nothing_is_lost(page: Client) -> None:
    answer = page.post("/", {"prompt": "document_summary", "v-document": "", "v-length": "five bullet points"})
    assert answer.status_code == 400
    assertContains(answer, '<p class="wrong" id="v-document-error">is missing</p>', status_code=400)
    assertContains(answer, '<option value="five bullet points" selected>', status_code=400)
    assert not AIRequest.objects.exists()


def test_text_survives_as_it_was_typed(page: Client) -> None:
    text = "\n  <b>&amp; </textarea>  \n"
    answer = page.post("/", {"prompt": "document_summary", "v-document": text, "v-length": "nonsense"})
    assertContains(answer, "\n\n  &lt;b&gt;&amp;amp; &lt;/textarea&gt;  \n</textarea>", status_code=400)


def test_a_zero_byte_is_named_not_stored(page: Client) -> None:
    assertContains(page.post("/", {**TICKET, "v-ticket": "a\x00b"}), "holds a NUL", status_code=400)


def test_input_beyond_the_window_is_refused_with_both_numbers(page: Client) -> None:
    answer = page.post("/", {"prompt": "document_summary", "v-document": "word " * 30_000, "v-length": "one sentence"})
    assertContains(answer, "tokens are needed, the largest model of this route holds", status_code=400)


def test_an_unknown_prompt_leads_back(page: Client) -> None:
    answer = page.post("/", {"prompt": "gone"}, follow=True)
    assertContains(answer, "That prompt is not there any more.")


def test_the_demonstration_model_is_named(page: Client) -> None:
    answer = page.get("/")
    assertContains(answer, "Demonstration model: expect mistakes")
    assertContains(answer, "OPENAI_API_KEY=... make run")
    assertContains(answer, MODEL)


def test_with_a_key_the_models_of_the_route_are_named(page: Client, settings: Settings) -> None:
    settings.LINTEL_OPENAI_API_KEY = "sk-test"
    answer = page.get("/")
    assertContains(answer, "Answered by")
    assertNotContains(answer, "Demonstration model")


@pytest.mark.parametrize(
    ("prompt", "first", "then"),
    [
        ("ticket_classify", "claude-haiku-5-5", "gpt-6-luna"),
        ("document_summary", "claude-sonnet-5-5", "gpt-6.1-terra"),
    ],
)
def test_each_prompt_names_who_answers_it(page: Client, settings: Settings, prompt: str, first: str, then: str) -> None:
    settings.LINTEL_ANTHROPIC_API_KEY, settings.LINTEL_OPENAI_API_KEY = "sk-ant-test", "sk-test"
    answer = page.get("/", {"prompt": prompt})
    assertContains(answer, f'<strong class="mono">{first}</strong>')
    assertContains(answer, f"if it fails, {then}")


def test_without_any_model_the_page_says_so(page: Client, settings: Settings) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = None
    assertContains(page.get("/"), "No model is set up for this prompt")
    assertContains(page.post("/", TICKET), "No model is set up that could answer.", status_code=400)


def test_nothing_sent_yet(page: Client) -> None:
    assertContains(page.get("/"), "Nothing yet.")


def test_the_last_requests_are_those_of_the_user(page: Client, summary: AIRequest, mallory: User) -> None:
    theirs = accept(mallory, Submission(prompt_key="ticket_classify", payload={"ticket": "A secret."})).request
    answer = page.get("/")
    assertContains(answer, f"/requests/{summary.pk}")
    assertContains(answer, "The quay.")
    assertNotContains(answer, str(theirs.pk))
    assertNotContains(answer, "A secret.")


def test_the_list_is_fetched_again_while_one_runs(page: Client, summary: AIRequest) -> None:
    assertContains(page.get("/recent"), 'hx-get="/recent"')
    AIRequest.objects.filter(pk=summary.pk).move(Status.CANCELLED)
    assertNotContains(page.get("/recent"), "hx-get")


def test_an_earlier_request_fills_the_form(page: Client, summary: AIRequest) -> None:
    assertContains(page.get(f"/?from={summary.pk}"), "\nThe quay.</textarea>")


def test_a_request_of_another_fills_nothing(mallorys: Client, summary: AIRequest) -> None:
    assertNotContains(mallorys.get(f"/?from={summary.pk}"), "The quay.")


def test_a_policy_without_inline_code(page: Client) -> None:
    policy = page.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
