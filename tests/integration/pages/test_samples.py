"""Sample data is marked wherever it is shown, and nobody can have it pay."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains
from rest_framework.test import APIClient

from accounts.models import Membership, Team, User
from requests_app.intake import Submission, accept, retry
from requests_app.models import AIRequest

MARK = "sample data"
TICKET = Submission(prompt_key="ticket_classify", payload={"ticket": "x"})


@pytest.fixture
def samples(alice: User) -> Team:
    team = Team.objects.create(name="Northwind", sample=True)
    Membership.objects.create(team=team, user=alice)
    return team


@pytest.fixture
def sample(alice: User, samples: Team) -> AIRequest:
    return accept(alice, Submission(prompt_key="ticket_classify", payload={"ticket": "x"}, team=samples)).request


def banner(**about: object) -> str:
    return Template("{% load samples %}{% sample_banner team %}").render(Context(about))


def test_history_and_request_are_marked(page: Client, sample: AIRequest) -> None:
    assertContains(page.get("/history"), MARK)
    assertContains(page.get(f"/requests/{sample.pk}"), MARK)


def test_what_people_sent_is_not(page: Client, alice: User) -> None:
    own = accept(alice, TICKET).request
    assertNotContains(page.get("/history"), MARK)
    assertNotContains(page.get(f"/requests/{own.pk}"), MARK)


def test_banner_stands_while_there_is_some(alice: User, samples: Team) -> None:
    assert MARK in banner()
    assert MARK in banner(team=samples)
    assert MARK not in banner(team=alice.personal_team)
    samples.delete()
    assert MARK not in banner()


def test_a_sample_team_pays_for_nothing_new(alice: User, api: APIClient, sample: AIRequest) -> None:
    assert retry(sample).request.team == alice.personal_team
    body = {"prompt_key": "ticket_classify", "payload": {"ticket": "x"}, "team": str(sample.team_id)}
    answer = api.post("/api/v1/requests", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/team"
