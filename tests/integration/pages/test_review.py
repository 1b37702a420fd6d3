"""What reviewers do on their pages, without JavaScript; each task is looked for in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import Permission
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from requests_app import deletion, review
from requests_app.models import AIRequest, AIReviewQueue
from tests.integration.requests_app.test_review import ANSWER, answer, ask, later

EDITED = "The quay was rebuilt in 1908."


@pytest.fixture
def held(alice: User) -> AIReviewQueue:
    """alice's answer, kept back."""
    return AIReviewQueue.objects.get(request=answer(ask(alice)))


def reviewer(user: User) -> Client:
    user.user_permissions.add(Permission.objects.get(codename="decide_review"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def bobs(bob: User) -> Client:
    """bob's browser; he may judge."""
    return reviewer(bob)


@pytest.fixture
def theirs(bobs: Client, held: AIReviewQueue) -> AIReviewQueue:
    """The answer in bob's hands."""
    press(bobs, held, "take")
    return held


def press(client: Client, item: AIReviewQueue, step: str, **said: Any) -> Any:
    answered = client.post(f"/review/{item.pk}", {"step": step, **said})
    item.refresh_from_db()
    return answered


def another(user: User, text: str = "Another answer.") -> AIReviewQueue:
    return AIReviewQueue.objects.get(request=answer(ask(user), text))


class TestWhoSeesIt:
    def test_strangers_find_nothing(self, mallorys: Client, held: AIReviewQueue) -> None:
        for answered in (
            mallorys.get("/review"), mallorys.post("/review"), mallorys.get(f"/review/{held.pk}"),
            press(mallorys, held, "take"),
        ):  # fmt: skip
            assert answered.status_code == 404
        assert held.claimed_by is None
        assertNotContains(mallorys.get("/"), "/review")

    def test_logged_out_are_asked_to_log_in(self, held: AIReviewQueue) -> None:
        assert Client().get("/review")["Location"].startswith("/login")
        assert Client().get(f"/review/{held.pk}")["Location"].startswith("/login")

    def test_ones_own_requests_are_not_there(self, alice: User, held: AIReviewQueue) -> None:
        alices = reviewer(alice)
        assertContains(alices.get("/review"), "Nothing waits for a verdict")
        assertNotContains(alices.get("/"), 'class="count')
        for step in ("take", "approve", "edit", "reject", "escalate", "give_back", "undo"):
            assert press(alices, held, step, note="mine", text="mine").status_code == 404
        assert alices.get(f"/review/{held.pk}").status_code == 404
        assert alices.post("/review")["Location"] == "/review"
        held.refresh_from_db()
        assert (held.verdict, held.claimed_by) == ("", None)

    def test_the_link_counts_what_one_could_take(self, bobs: Client, held: AIReviewQueue) -> None:
        assertContains(bobs.get("/"), '<a href="/review">Review <span class="count nums">1<')

    def test_what_was_deleted_is_gone(self, bobs: Client, alice: User) -> None:
        request = answer(ask(alice, {"audit": "always"}))
        deletion.delete(request)
        assertContains(bobs.get("/review"), "Nothing waits for a verdict")
        assert bobs.get(f"/review/{request.review.pk}").status_code == 404


class TestList:
    def test_says_what_why_and_until_when(self, bobs: Client, held: AIReviewQueue) -> None:
        page = bobs.get("/review")
        for words in ("Document summary", "every answer of this prompt is reviewed", "due in", "priority 50"):
            assertContains(page, words)
        assertContains(page, "in nobody&#x27;s hands")
        assertNotContains(page, ANSWER)

    @pytest.mark.parametrize(
        ("left", "state", "words"), [(-2, "late", "overdue by 2"), (1, "soon", "due soon, in"), (7, "calm", "due in")]
    )
    def test_due_is_said_in_words_and_colour(
        self, bobs: Client, held: AIReviewQueue, left: int, state: str, words: str
    ) -> None:
        due = timezone.now() + timedelta(hours=left, minutes=5 if left > 0 else -5)
        AIReviewQueue.objects.update(due=due)
        page = bobs.get("/review").content.decode()
        assert f'data-due="{state}"' in page
        assert words in page

    def test_what_was_overdue_is_said_where_nobody_escalated_it(self, bobs: Client, held: AIReviewQueue) -> None:
        AIReviewQueue.objects.update(due=timezone.now() - timedelta(hours=1))
        review.hurry_overdue()
        assertContains(bobs.get(f"/review/{held.pk}"), "<b>overdue, put before all others</b>")

    def test_says_whose_hands(self, theirs: AIReviewQueue, mallory: User) -> None:
        page = reviewer(mallory).get("/review")
        assertContains(page, "in the hands of bob")
        assertNotContains(page, "Take the next")

    def test_the_most_urgent_is_taken(self, bobs: Client, bob: User, held: AIReviewQueue, alice: User) -> None:
        urgent = another(alice)
        AIReviewQueue.objects.filter(pk=urgent.pk).update(priority=95)
        assertRedirects(bobs.post("/review"), f"/review/{urgent.pk}")
        urgent.refresh_from_db()
        assert urgent.claimed_by == bob


class TestOneAnswer:
    def test_shows_what_a_verdict_needs(self, bobs: Client, theirs: AIReviewQueue) -> None:
        page = bobs.get(f"/review/{theirs.pk}")
        sent = AIRequest.objects.get().payload["document"]
        for words in (ANSWER, sent, "Asked ", "Cost", "taken", 'value="approve"', "in your hands"):
            assertContains(page, words)

    def test_untrusted_text_stays_text(self, bobs: Client, alice: User) -> None:
        hostile = "</textarea><script>alert(1)</script>\n\n![x](https://evil.example/p.png) [y](javascript:alert(1))"
        item = another(alice, hostile)
        press(bobs, item, "take")
        page = bobs.get(f"/review/{item.pk}").content.decode()
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page

    def test_free_one_is_only_looked_at_until_it_is_taken(self, bobs: Client, held: AIReviewQueue) -> None:
        page = bobs.get(f"/review/{held.pk}")
        assertContains(page, "Take it")
        assertNotContains(page, 'value="approve"')
        held.refresh_from_db()
        assert held.claimed_by is None

    def test_one_in_others_hands_cannot_be_judged(self, theirs: AIReviewQueue, mallory: User) -> None:
        mallorys = reviewer(mallory)
        for step in ("take", "approve", "give_back", "undo"):
            assertRedirects(press(mallorys, theirs, step), f"/review/{theirs.pk}", fetch_redirect_response=False)
        page = mallorys.get(f"/review/{theirs.pk}")
        assertContains(page, "bob has this answer")
        assertNotContains(page, 'value="approve"')
        assert theirs.verdict == ""

    def test_who_looks_further_leaves_the_first(
        self, bobs: Client, bob: User, theirs: AIReviewQueue, alice: User
    ) -> None:
        other = another(alice)
        assertContains(bobs.get(f"/review/{theirs.pk}"), f'formaction="/review/{other.pk}" id="next"')
        press(bobs, other, "take", leave=str(theirs.pk))
        theirs.refresh_from_db()
        assert (theirs.claimed_by, other.claimed_by) == (None, bob)
        assertContains(bobs.get(f"/review/{other.pk}"), f'formaction="/review/{theirs.pk}" id="previous"')

    def test_unknown_steps_are_refused(self, bobs: Client, held: AIReviewQueue) -> None:
        assert press(bobs, held, "publish").status_code == 400


class TestVerdict:
    def test_approved_and_the_next_one_comes(self, bobs: Client, bob: User, theirs: AIReviewQueue, alice: User) -> None:
        other = another(alice)
        assertRedirects(press(bobs, theirs, "approve"), f"/review/{other.pk}")
        other.refresh_from_db()
        assert (theirs.verdict, theirs.decided_by, other.claimed_by) == ("approved", bob, bob)
        page = bobs.get(f"/review/{other.pk}")
        assertContains(page, "Approved.")
        assertContains(page, 'value="undo"')

    def test_after_the_last_comes_the_list(self, bobs: Client, theirs: AIReviewQueue) -> None:
        assertRedirects(press(bobs, theirs, "approve"), "/review")
        assertContains(bobs.get("/review"), 'value="undo"')

    def test_edited_keeps_both_texts_and_shows_the_difference(self, bobs: Client, theirs: AIReviewQueue) -> None:
        press(bobs, theirs, "edit", text=EDITED)
        assert (theirs.verdict, theirs.text, theirs.edited_text) == ("edited", ANSWER, EDITED)
        page = bobs.get(f"/review/{theirs.pk}").content.decode()
        assert "1907." in page[page.index("<del>") : page.index("</del>")]
        assert "1908." in page[page.index("<ins>") : page.index("</ins>")]

    def test_line_breaks_of_browsers_change_nothing(self, bobs: Client, alice: User) -> None:
        item = another(alice, "One.\n\nTwo.\r\n")
        press(bobs, item, "take")
        press(bobs, item, "edit", text="One.\r\n\r\nTwo.\r\n")
        assert (item.verdict, item.edited_text) == ("approved", "")

    @pytest.mark.parametrize(
        ("step", "said", "words"),
        [
            ("reject", {"note": " "}, "Say why this answer is rejected"),
            ("escalate", {"note": ""}, "Say why somebody else should look."),
            ("edit", {"text": "  "}, "Nothing is left of this answer."),
        ],
    )
    def test_what_is_missing_is_said(
        self, bobs: Client, theirs: AIReviewQueue, step: str, said: dict[str, str], words: str
    ) -> None:
        assertContains(press(bobs, theirs, step, **said), words, status_code=422)
        assert theirs.verdict == ""

    def test_what_was_typed_is_kept_when_it_is_refused(self, bobs: Client, alice: User) -> None:
        schema = {"type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"]}
        request = answer(ask(alice, output=schema), '{"year": 1907}', output={"year": 1907})
        press(bobs, request.review, "take")
        page = press(bobs, request.review, "edit", text='{"year": "long ago"}')
        assertContains(page, "long ago", status_code=422)

    def test_rejected_with_a_reason_that_its_asker_reads(
        self, bobs: Client, page: Client, theirs: AIReviewQueue
    ) -> None:
        press(bobs, theirs, "reject", note="The year is wrong.")
        later()
        review.deliver()
        seen = page.get(f"/requests/{theirs.request_id}")
        assertContains(seen, "The year is wrong.")
        assertNotContains(seen, ANSWER)
        assertContains(page.get("/history"), 'data-state="rejected">rejected')

    def test_escalated_goes_to_others(
        self, bobs: Client, bob: User, theirs: AIReviewQueue, alice: User, mallory: User
    ) -> None:
        other = another(alice)
        assertRedirects(press(bobs, theirs, "escalate", note="a lawyer"), f"/review/{other.pk}")
        assert (theirs.escalated, theirs.claimed_by) == (True, None)
        assertRedirects(press(bobs, other, "approve"), "/review")
        assert review.take_next(bob) is None
        assertRedirects(reviewer(mallory).post("/review"), f"/review/{theirs.pk}")

    def test_given_back(self, bobs: Client, theirs: AIReviewQueue) -> None:
        assertRedirects(press(bobs, theirs, "give_back"), "/review")
        assert theirs.claimed_by is None

    def test_expired_lock_does_not_cost_the_work(self, bobs: Client, theirs: AIReviewQueue) -> None:
        AIReviewQueue.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        press(bobs, theirs, "edit", text=EDITED)
        assert theirs.verdict == "edited"

    def test_delivered_answer_is_looked_at_and_not_changed(self, bobs: Client, alice: User) -> None:
        item = answer(ask(alice, {"audit": "always"})).review
        press(bobs, item, "take")
        page = bobs.get(f"/review/{item.pk}")
        assertContains(page, ANSWER)
        assertNotContains(page, 'value="edit"')
        assert press(bobs, item, "edit", text=EDITED).status_code == 422
        press(bobs, item, "approve")
        assert item.verdict == "approved"

    def test_reason_of_a_rejection_is_for_whom_it_is_said_to_be(self, bobs: Client, alice: User) -> None:
        item = answer(ask(alice, {"audit": "always"})).review
        press(bobs, item, "take")
        page = press(bobs, item, "reject", note="")
        assertContains(page, "for reviewers and administrators", status_code=422)
        assertNotContains(page, "its asker reads it", status_code=422)


class TestUndo:
    @pytest.mark.parametrize(
        ("step", "said"), [("reject", {"note": "The year."}), ("edit", {"text": EDITED})], ids=["reject", "edit"]
    )
    def test_brings_back_what_was_typed(
        self, bobs: Client, bob: User, theirs: AIReviewQueue, step: str, said: dict[str, str]
    ) -> None:
        press(bobs, theirs, step, **said)
        assertContains(press(bobs, theirs, "undo"), next(iter(said.values())))
        assert (theirs.verdict, theirs.claimed_by) == ("", bob)

    def test_leaves_the_one_that_came_by_itself(self, bobs: Client, theirs: AIReviewQueue, alice: User) -> None:
        other = another(alice)
        press(bobs, theirs, "approve")
        press(bobs, theirs, "undo", leave=str(other.pk))
        other.refresh_from_db()
        assert other.claimed_by is None

    def test_too_late_is_said(self, bobs: Client, theirs: AIReviewQueue) -> None:
        press(bobs, theirs, "approve")
        later()
        assertNotContains(bobs.get("/review"), 'value="undo"')
        press(bobs, theirs, "undo")
        assertContains(bobs.get(f"/review/{theirs.pk}"), "It is too late")
        assert theirs.verdict == "approved"


class TestGoldenCase:
    def test_edited_answer_is_offered_as_a_file(self, bobs: Client, theirs: AIReviewQueue) -> None:
        assert bobs.get(f"/review/{theirs.pk}/golden.yaml").status_code == 404
        assertNotContains(bobs.get(f"/review/{theirs.pk}"), "golden.yaml")
        press(bobs, theirs, "edit", text=EDITED)
        assertContains(bobs.get(f"/review/{theirs.pk}"), f"/review/{theirs.pk}/golden.yaml")
        file = bobs.get(f"/review/{theirs.pk}/golden.yaml")
        case = yaml.safe_load(file.content)
        assert (case["key"], case["expected"], case["source"]) == ("document_summary", EDITED, "reviewed: edited")
        assert case["payload"] == theirs.request.payload
        assert file["Content-Disposition"].startswith('attachment; filename="document_summary-golden-')

    def test_names_nobody(self, bobs: Client, theirs: AIReviewQueue, alice: User, bob: User) -> None:
        press(bobs, theirs, "approve", note="fine")
        file = bobs.get(f"/review/{theirs.pk}/golden.yaml").content.decode()
        for private in (alice.pk, alice.username, bob.pk, theirs.pk, theirs.request_id, "fine"):
            assert str(private) not in file

    def test_value_of_a_form_is_in_it(self, bobs: Client, alice: User) -> None:
        schema = {"type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"]}
        item = answer(ask(alice, output=schema), '{"year": 1907}', output={"year": 1907}).review
        press(bobs, item, "take")
        press(bobs, item, "edit", text='{"year": 1908}')
        assert yaml.safe_load(bobs.get(f"/review/{item.pk}/golden.yaml").content)["output"] == {"year": 1908}

    def test_rejected_and_others_answers_make_none(self, bobs: Client, mallorys: Client, theirs: AIReviewQueue) -> None:
        press(bobs, theirs, "reject", note="wrong")
        assert bobs.get(f"/review/{theirs.pk}/golden.yaml").status_code == 404
        press(bobs, theirs, "undo")
        press(bobs, theirs, "approve")
        assert mallorys.get(f"/review/{theirs.pk}/golden.yaml").status_code == 404
        assert bobs.get(f"/review/{theirs.pk}/golden.yaml").status_code == 200


class TestAsker:
    def test_sees_nothing_while_it_is_in_review(self, page: Client, held: AIReviewQueue) -> None:
        for path in ("", "/answer", "/state", "/waiting"):
            seen = page.get(f"/requests/{held.request_id}{path}")
            assert seen.status_code == 200
            assertNotContains(seen, "1907")
        seen = page.get(f"/requests/{held.request_id}")
        assertContains(seen, "The answer is being reviewed.")
        assertContains(seen, 'data-final="no"')
        assertContains(seen, "The model began to write")
        assertNotContains(seen, "First words")
        assertContains(page.get("/history"), 'data-state="review">in review')
        assertContains(page.get("/history?status=review"), f"row-{held.request_id}")

    @pytest.mark.parametrize(
        ("step", "text", "words"),
        [("approve", ANSWER, "A reviewer approved it."), ("edit", EDITED, "A reviewer changed it and approved it.")],
    )
    def test_sees_the_text_and_whose_word_it_is(
        self, bobs: Client, page: Client, theirs: AIReviewQueue, step: str, text: str, words: str
    ) -> None:
        press(bobs, theirs, step, text=text)
        later()
        review.deliver()
        seen = page.get(f"/requests/{theirs.request_id}")
        assertContains(seen, text)
        assertContains(seen, words)


def test_lists_cost_the_same_however_long(
    bobs: Client, held: AIReviewQueue, alice: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for _each in range(5):
        another(alice)
    bobs.get("/review")
    with django_assert_max_num_queries(9):
        bobs.get("/review")


def test_moment_of_expiry_is_told(bobs: Client, theirs: AIReviewQueue, bob: User) -> None:
    AIReviewQueue.objects.update(claimed_until=F("claimed_until") - timedelta(hours=1))
    assertContains(bobs.get(f"/review/{theirs.pk}"), "Take it")
