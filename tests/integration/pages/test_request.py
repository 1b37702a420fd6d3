"""The page of one request, as the server renders it."""

from __future__ import annotations

import html
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from requests_app.models import AIRequest, Status
from tests.integration.pages.conftest import MODEL, ended, running

NO_JS_REFRESH = '<meta http-equiv="refresh"'


@pytest.mark.parametrize("part", ["", "/answer", "/state"])
def test_strangers_find_nothing(mallorys: Client, summary: AIRequest, part: str) -> None:
    assert mallorys.get(f"/requests/{summary.pk}{part}").status_code == 404


@pytest.mark.parametrize("part", ["/stop", "/retry"])
def test_strangers_change_nothing(mallorys: Client, summary: AIRequest, part: str) -> None:
    assert mallorys.post(f"/requests/{summary.pk}{part}").status_code == 404
    assert AIRequest.objects.get().status == Status.PENDING


def test_nobody_is_sent_to_the_log_in(summary: AIRequest) -> None:
    assertRedirects(Client().get(f"/requests/{summary.pk}"), f"/login?next=/requests/{summary.pk}")


@pytest.mark.parametrize("part", ["answer", "state"])
def test_parts_of_the_page_never_become_the_log_in(summary: AIRequest, part: str) -> None:
    answer = Client().get(f"/requests/{summary.pk}/{part}")
    assert (answer.status_code, answer["HX-Refresh"]) == (401, "true")


def test_a_waiting_request_says_what_it_waits_for(page: Client, summary: AIRequest) -> None:
    answer = page.get(f"/requests/{summary.pk}")
    assertContains(answer, "No worker is running")
    assertContains(answer, 'data-position="0:0"')
    assertContains(answer, NO_JS_REFRESH)


def test_a_running_one_shows_its_text_and_where_it_ends(page: Client, summary: AIRequest) -> None:
    running(summary, "One **bold** word.\n\nThen 😀 mo")
    answer = page.get(f"/requests/{summary.pk}")
    assertContains(answer, "<p>One <strong>bold</strong> word.</p>")
    assertContains(answer, "data-tail>Then 😀 mo</div>")
    assertContains(answer, 'data-position="1:29"')


def test_the_raw_text_is_there_to_the_last_character(page: Client, summary: AIRequest) -> None:
    text = "a\r\nb\rc </template> & \u2028 😀"
    running(summary, text)
    raw = page.get(f"/requests/{summary.pk}").content.decode().split("<template data-raw>")[1].split("</template>")[0]
    assert html.unescape(raw) == text
    assert "\r" not in raw


def test_a_done_one_is_rendered_and_rests(page: Client, summary: AIRequest) -> None:
    ended(summary, text="# Gist\n\nIt is *done*.")
    answer = page.get(f"/requests/{summary.pk}")
    assertContains(answer, "<h3>Gist</h3>\n<p>It is <em>done</em>.</p>")
    assertContains(answer, 'data-final="yes"')
    assertNotContains(answer, NO_JS_REFRESH)


def test_hostile_text_is_only_text(page: Client, summary: AIRequest) -> None:
    ended(summary, text="<script>alert(1)</script> ![x](https://evil.example/x.png)")
    body = page.get(f"/requests/{summary.pk}").content.decode().split('<div id="answer"')[1].split("</section>")[0]
    assert "<script" not in body
    assert "<img" not in body


def test_data_is_a_list_of_names_and_values(page: Client, sorting: AIRequest) -> None:
    ended(sorting, text="```json ...", output={"urgency": "high", "category": "billing"})
    answer = page.get(f"/requests/{sorting.pk}")
    assertContains(answer, "<dt>Category</dt>")
    assertContains(answer, "&quot;urgency&quot;: &quot;high&quot;")
    assertNotContains(answer, "Repaired")


def test_data_stands_in_the_order_of_its_schema(page: Client, sorting: AIRequest) -> None:
    ended(sorting, text="...", output={"urgency": "high", "category": "billing"})  # as jsonb gives it back
    answer = page.get(f"/requests/{sorting.pk}").content.decode()
    assert answer.index("<dt>Category</dt>") < answer.index("<dt>Urgency</dt>")


def test_mended_data_is_marked(page: Client, sorting: AIRequest) -> None:
    ended(sorting, text="{'category': ...}", output={"category": "billing"}, repaired=True)
    answer = page.get(f"/requests/{sorting.pk}")
    assertContains(answer, "<dt>Repaired</dt>")
    assertContains(answer, "the model&#x27;s JSON had to be mended")


def test_second_question_is_a_step_of_its_own(page: Client, sorting: AIRequest) -> None:
    ended(sorting, Status.FAILED, "{}", error_code="output_invalid")
    sorting.attempts.update(outcome="output_invalid")
    sorting.attempts.create(number=2, reason="reask", provider="embedded", model="small", outcome="output_invalid")
    answer = page.get(f"/requests/{sorting.pk}")
    assertContains(answer, "Asked again for the required form")
    assertContains(answer, "Attempt 2, small. The answer did not have the form that the prompt asks for.")


def test_half_of_the_data_stays_text(page: Client, sorting: AIRequest) -> None:
    ended(sorting, Status.FAILED, '{"category": "bil', error_code="incomplete")
    answer = page.get(f"/requests/{sorting.pk}")
    assertContains(answer, "data-tail>{&quot;category&quot;: &quot;bil</div>")
    assertContains(answer, "The answer broke off before its end")


def test_a_stopped_one_keeps_its_part_and_says_the_cost(page: Client, summary: AIRequest) -> None:
    ended(summary, Status.CANCELLED, "Half an", cost_usd=Decimal("0.00042"), usage_estimated=True)
    answer = page.get(f"/requests/{summary.pk}")
    assertContains(answer, "<p>Half an</p>")
    assertContains(answer, "What had been written is kept. It cost about $0.00042, estimated because it ended early.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cost_usd": None}, "no price is known for this model"),
        ({"cost_usd": 0}, "runs on this machine"),
        ({"cost_usd": Decimal("0.0123")}, "$0.0123"),
        ({"output_tokens": None}, "no model was called"),
        ({"model": ""}, "was not called"),
    ],
)
def test_what_it_cost(page: Client, summary: AIRequest, changes: dict[str, Any], words: str) -> None:
    ended(summary, text="Done.", **changes)
    assertContains(page.get(f"/requests/{summary.pk}"), words)


def test_the_timeline_tells_of_a_fallback_and_a_takeover(page: Client, summary: AIRequest) -> None:
    running(summary)
    summary.attempts.update(outcome="provider_unavailable")
    summary.attempts.create(number=2, reason="fallback", provider="openai", model="big-one")
    summary.attempts.create(number=3, reason="takeover", provider="openai", model="big-one")
    AIRequest.objects.update(attempt=3, model="big-one", attempt_reason="takeover", takeovers=1)
    steps = [
        (step.title, step.state, step.detail) for step in page.get(f"/requests/{summary.pk}").context["page"].steps
    ]
    assert steps == [
        ("Queued", "past", ""),
        (f"Asked {MODEL}", "ended", "Attempt 1. It did not answer, or not to the end."),
        ("Fell back to big-one", "ended", "Attempt 2. Its worker was lost."),
        ("Another worker took over", "now", "Attempt 3, big-one."),
    ]


def test_the_model_asked_and_the_one_used(page: Client, summary: AIRequest) -> None:
    ended(summary, text="Done.", model="big-one", attempt_reason="fallback")
    assertContains(page.get(f"/requests/{summary.pk}"), f"instead of {MODEL}, which failed")


def test_a_model_that_was_passed_over_is_named_with_why(page: Client, summary: AIRequest) -> None:
    ended(summary, text="Done.", model="big-one", attempt_reason="fallback")
    summary.attempts.update(model="big-one", reason="fallback")
    answer = page.get(f"/requests/{summary.pk}")
    words = f"{MODEL} was not called: it was left alone after failures, rested as its provider had asked, or had used"
    [call] = [step for step in answer.context["page"].steps if "big-one" in step.title]
    assert call.title == "Asked big-one"
    assert words in call.detail
    [fact] = [fact for fact in answer.context["page"].facts if fact.label == "Model"]
    assert words in fact.note


def test_the_call_says_which_models_it_went_past_and_when_they_were_free(page: Client, summary: AIRequest) -> None:
    ended(summary, text="Done.", model="big-one", attempt_reason="fallback")
    passed = [
        {"model": MODEL, "why": "limit_full", "seconds": 30.0},
        {"model": "middle", "why": "context_exceeded", "seconds": None},
    ]
    summary.attempts.update(model="big-one", reason="fallback", passed_over=passed)
    free = f"{summary.attempts.get().started + timedelta(seconds=30):%H:%M:%S} UTC"
    why = f"{MODEL} was not called: it had used up its limit of the minute. It could be called again from {free}."
    answer = page.get(f"/requests/{summary.pk}")
    [call] = [step for step in answer.context["page"].steps if "big-one" in step.title]
    assert call.detail == f"Attempt 1. {why} middle was not called: the input does not fit into its window."
    [fact] = [fact for fact in answer.context["page"].facts if fact.label == "Model"]
    assert fact.note == why


def test_what_was_sent_and_how_a_program_would(page: Client, summary: AIRequest) -> None:
    answer = page.get(f"/requests/{summary.pk}")
    assertContains(answer, "<dt>Document</dt><dd>The quay.</dd>")
    assert all("http://testserver" in snippet.code for snippet in answer.context["page"].snippets)
    assertContains(answer, '<a href="/account/tokens">')
    assertContains(answer, '<a href="/api/docs">')


def test_text_up_to_a_position(page: Client, summary: AIRequest) -> None:
    running(summary, "One.\n\nTwo.\n\nThree")
    answer = page.get(f"/requests/{summary.pk}/answer?until=1:8")
    assertContains(answer, '<div class="prose"><p>One.</p>\n</div><div class="tail" data-tail>Tw</div>')


@pytest.mark.parametrize(("until", "status"), [("2:0", 204), ("1:99", 204), ("x", 400), ("1:1:1", 400)])
def test_positions_that_lead_nowhere(page: Client, summary: AIRequest, until: str, status: int) -> None:
    running(summary, "One.")
    assert page.get(f"/requests/{summary.pk}/answer?until={until}").status_code == status


def test_stop_ends_what_waits(page: Client, summary: AIRequest) -> None:
    assertRedirects(page.post(f"/requests/{summary.pk}/stop"), f"/requests/{summary.pk}")
    summary.refresh_from_db()
    assert summary.status == Status.CANCELLED


def test_stop_asks_the_holder_of_what_runs(page: Client, summary: AIRequest) -> None:
    running(summary, "One")
    assertContains(page.post(f"/requests/{summary.pk}/stop", follow=True), "Stopping")
    summary.refresh_from_db()
    assert summary.cancel_requested_at is not None


def test_run_again_makes_one_new_request(page: Client, summary: AIRequest) -> None:
    ended(summary, text="Done.")
    token = page.get(f"/requests/{summary.pk}").context["page"].token
    first = page.post(f"/requests/{summary.pk}/retry", {"token": token})
    again = page.post(f"/requests/{summary.pk}/retry", {"token": token})
    new = AIRequest.objects.get(retry_of=summary)
    assert first["Location"] == again["Location"] == f"/requests/{new.pk}"
    assert new.payload == summary.payload


def test_stop_and_retry_are_no_links(page: Client, summary: AIRequest) -> None:
    assert page.get(f"/requests/{summary.pk}/stop").status_code == 405
    assert page.get(f"/requests/{summary.pk}/retry").status_code == 405


def test_nothing_of_it_stays_in_a_cache(page: Client, summary: AIRequest) -> None:
    assert "no-store" in page.get(f"/requests/{summary.pk}")["Cache-Control"]
