"""What is left, before sending and on the account's page, and refusals that keep what was typed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Membership, Team, User
from requests_app import ledger
from requests_app.budgets import Amount
from requests_app.models import AIRequest, TokenBudget

TICKET = {"prompt": "ticket_classify", "v-ticket": "Charged twice."}


def test_what_is_left_stands_there_before_anything_is_typed(page: Client, settings: Settings) -> None:
    settings.LINTEL_DAILY_TOKENS = 100_000
    answer = page.get("/?prompt=ticket_classify")
    assertContains(answer, "100,000 of 100,000 tokens left today")
    assertNotContains(answer, "<strong>About")


def test_example_is_estimated_without_scripts(page: Client) -> None:
    assertContains(page.get("/?prompt=ticket_classify&example"), "tokens, free")


def test_part_for_the_page_follows_the_text(page: Client, settings: Settings) -> None:
    settings.LINTEL_ANTHROPIC_API_KEY = "sk-ant-test"
    short, long = (page.post("/allowance", {**TICKET, "v-ticket": "word " * count}) for count in (1, 1000))
    assert short.context["allowance"].needed.tokens + 900 < long.context["allowance"].needed.tokens
    assertContains(long, "tokens, about $0.")
    assertNotContains(long, "<html")
    assert not AIRequest.objects.exists()


def test_unknown_price_is_not_free(page: Client, settings: Settings) -> None:
    settings.LINTEL_EMBEDDED_MODEL_URL = None
    settings.LINTEL_OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    settings.LINTEL_MODELS = ["own-model"]
    assertContains(page.post("/allowance", TICKET), "tokens, at an unknown price")


@pytest.mark.parametrize("posted", [{**TICKET, "v-ticket": ""}, {**TICKET, "v-ticket": "a\x00b"}])
def test_what_could_not_be_sent_has_no_estimate(page: Client, posted: dict[str, str]) -> None:
    answer = page.post("/allowance", posted)
    assertContains(answer, "left today")
    assertNotContains(answer, "About")


def test_logged_out_meanwhile_keeps_the_page(db: None) -> None:
    answer = Client().post("/allowance", TICKET)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "HX-Refresh" not in answer


def test_too_little_is_said_before_sending(page: Client, alice: User) -> None:
    TokenBudget.objects.create(user=alice, limit=Decimal(10))
    assertContains(page.post("/allowance", TICKET), "That is less than this may need")


def test_refusal_stands_at_the_form_and_nothing_is_lost(page: Client, alice: User) -> None:
    TokenBudget.objects.create(user=alice, limit=Decimal(10))
    answer = page.post("/", TICKET)
    assertContains(answer, "Your budget for the day has 10 tokens left until", status_code=402)
    assertContains(answer, "Charged twice.</textarea>", status_code=402)
    assertContains(answer, "10 of 10 tokens left today", status_code=402)
    assert not AIRequest.objects.exists()


def test_too_many_says_when_to_try_again(page: Client, settings: Settings) -> None:
    settings.LINTEL_USER_REQUESTS = 1
    assert page.post("/", TICKET).status_code == 302
    answer = page.post("/", TICKET)
    assertContains(answer, "wait for some of them to end. Try again in 5 s.", status_code=429)
    assertContains(answer, "Charged twice.</textarea>", status_code=429)
    assert answer["Retry-After"] == "5"


def test_account_shows_used_held_and_left(page: Client, alice: User) -> None:
    TokenBudget.objects.create(user=alice, limit=Decimal(1000))
    request = AIRequest(user=alice, team=alice.personal_team, deadline="2100-01-01T00:00:00Z")
    ledger.hold(request, Amount(tokens=300))
    ledger.book(request.pk, Amount(tokens=50))
    answer = page.get("/account/budgets")
    assertContains(answer, 'aria-label="50 used and 250 held of 1,000"')
    assertContains(answer, '<rect class="used" width="5.00%"')
    assertContains(answer, '<rect class="held" x="5.00%" width="25.00%"')
    assertContains(answer, "<strong>700</strong>")


def test_teams_of_the_user_alone(page: Client, alice: User) -> None:
    mine, other = Team.objects.create(name="Harbour"), Team.objects.create(name="Strangers")
    Membership.objects.create(team=mine, user=alice)
    for team in (mine, other):
        TokenBudget.objects.create(team=team, measure="usd", period="month", limit=Decimal(5))
    answer = page.get("/account/budgets")
    assertContains(answer, "Team Harbour")
    assertContains(answer, "US dollars this month")
    assertNotContains(answer, "Strangers")
    assertNotContains(page.get("/"), "Harbour")  # what is sent there is the personal team's


@pytest.mark.parametrize(("limit", "width"), [("0", "100.00%"), ("10", "100.00%")])
def test_bar_stays_within_its_frame(page: Client, alice: User, limit: str, width: str) -> None:
    budget = TokenBudget.objects.create(user=alice)
    request = AIRequest(user=alice, team=alice.personal_team, deadline="2100-01-01T00:00:00Z")
    ledger.hold(request, Amount(tokens=20))
    ledger.book(request.pk, Amount(tokens=30))
    TokenBudget.objects.filter(pk=budget.pk).update(limit=Decimal(limit))
    answer = page.get("/account/budgets")
    assertContains(answer, f'<rect class="used" width="{width}"')
    assertContains(answer, "data-full")


def test_without_a_limit_there_is_no_bar(page: Client, settings: Settings) -> None:
    settings.LINTEL_DAILY_TOKENS = None
    answer = page.get("/account/budgets")
    assertContains(answer, "no limit")
    assertNotContains(answer, "<rect")


def test_strangers_log_in_first(db: None) -> None:
    assertRedirects(Client().get("/account/budgets"), "/login?next=/account/budgets")
