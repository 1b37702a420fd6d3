"""Sample data is marked wherever it is shown, and nobody can have it pay."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from rest_framework.test import APIClient

from accounts.models import Team, User
from requests_app.intake import retry
from requests_app.models import AIRequest
from tests.sampling import ask, sample_person, sample_team

MARK = "sample data"
pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def alice(committed: None) -> User:
    return User.objects.create_user("alice", password="alice")


@pytest.fixture
def samples(alice: User) -> Team:
    return sample_team(alice)


@pytest.fixture
def sample(alice: User, samples: Team) -> AIRequest:
    return ask(alice, samples)


@pytest.fixture
def staff(alice: User, page: Client) -> Client:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    return page


def banner() -> str:
    return Template("{% load samples %}{% sample_banner %}").render(Context())


def test_history_and_request_are_marked(page: Client, sample: AIRequest) -> None:
    assertContains(page.get("/history"), MARK)
    assertContains(page.get(f"/requests/{sample.pk}"), MARK)
    assertContains(page.get("/account/teams"), MARK)


def test_what_people_sent_is_not(page: Client, alice: User) -> None:
    own = ask(alice)
    assertNotContains(page.get("/history"), MARK)
    assertNotContains(page.get(f"/requests/{own.pk}"), MARK)


def test_banner_stands_while_there_is_some(alice: User, samples: Team) -> None:
    assert MARK in banner()
    Team.objects.filter(pk=samples.pk).update(name="Northwind Traders")
    samples.memberships.all().delete()
    samples.delete()
    assert MARK not in banner()


def test_costs_of_sample_teams_are_marked(page: Client, alice: User, samples: Team) -> None:
    assertContains(page.get(f"/cost?of={samples.pk}"), MARK)
    assertNotContains(page.get("/cost"), MARK)
    ask(alice, samples)
    assertContains(page.get("/cost"), MARK)


def test_a_sample_team_pays_for_nothing_new(alice: User, api: APIClient, sample: AIRequest) -> None:
    assert retry(sample).request.team == alice.personal_team
    body = {"prompt_key": "ticket_classify", "payload": {"ticket": "x"}, "team": str(sample.team_id)}
    answer = api.post("/api/v1/requests", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/team"


def test_operations_say_what_goes_and_what_went(staff: Client, alice: User, sample: AIRequest) -> None:
    own = ask(alice)
    sample_person()
    what = "1 request, 0 calls, 0 reviews, 0 ratings, 1 team and 1 person"
    assertContains(staff.get("/operations/sample-data"), what)
    assertContains(staff.get("/operations?whole"), what)
    gone = staff.post("/operations/sample-data/remove", follow=True)
    assertRedirects(gone, "/operations")
    assertContains(gone, f"Sample data removed: {what}.")
    assert list(AIRequest.objects.all()) == [own]
    assertNotContains(staff.get("/operations/sample-data"), "Remove")


def test_a_second_click_finds_nothing(staff: Client) -> None:
    assertContains(staff.post("/operations/sample-data/remove", follow=True), "There was no sample data.")


def test_only_staff_may(page: Client, sample: AIRequest) -> None:
    assert page.get("/operations/sample-data").status_code == 404
    assert page.post("/operations/sample-data/remove").status_code == 404
    assert AIRequest.objects.exists()


def test_it_takes_a_post_with_a_token(staff: Client, alice: User, sample: AIRequest) -> None:
    assert staff.get("/operations/sample-data/remove").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post("/operations/sample-data/remove").status_code == 403
    assert AIRequest.objects.exists()
