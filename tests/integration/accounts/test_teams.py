"""Who may change a team, and that it never loses its last owner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import teams
from accounts.models import Membership, Team, User
from accounts.teams import TeamRefused

OWNER, MEMBER = Membership.Role.OWNER, Membership.Role.MEMBER


@pytest.fixture
def harbour(alice: User, bob: User) -> Team:
    """alice owns it, bob is a member."""
    team = teams.create(alice, name="Harbour")
    teams.add(alice, team.pk, username="bob", role=MEMBER)
    return team


@pytest.fixture
def bobs(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def roles(team: Team) -> dict[str, str]:
    return dict(team.memberships.values_list("user__username", "role"))


def test_who_makes_a_team_owns_it(page: Client, alice: User) -> None:
    answer = page.post("/account/teams", {"name": "Harbour"})
    team = Team.objects.get(name="Harbour")
    assertRedirects(answer, f"/account/teams/{team.pk}")
    assert roles(team) == {"alice": OWNER}


def test_my_teams_with_my_role_the_personal_one_first(page: Client, harbour: Team) -> None:
    answer = page.get("/account/teams")
    assert [each.team.name for each in answer.context["memberships"]] == ["alice", "Harbour"]
    assertContains(answer, "2 members")


def test_only_a_personal_team_yet(page: Client) -> None:
    assertContains(page.get("/account/teams"), "So far only your personal team.")


def test_a_team_needs_a_name(page: Client) -> None:
    assert page.post("/account/teams", {"name": " "}).status_code == 400
    assert not Team.objects.filter(personal_of=None).exists()


def test_an_owner_adds_renames_and_removes(page: Client, harbour: Team, mallory: User) -> None:
    at = f"/account/teams/{harbour.pk}"
    assertContains(
        page.post(f"{at}/members", {"username": "mallory", "role": "owner"}, follow=True), "mallory is now in"
    )
    assertContains(page.post(f"{at}/name", {"name": "Quay"}, follow=True), "<h1>Quay</h1>")
    assert roles(harbour) == {"alice": OWNER, "bob": MEMBER, "mallory": OWNER}
    page.post(f"{at}/members/{mallory.pk}/remove")
    assert roles(harbour) == {"alice": OWNER, "bob": MEMBER}


@pytest.mark.parametrize(("name", "words"), [("Bob", "nobody by the name Bob"), ("bob", "bob is in this team already")])
def test_who_cannot_be_added_is_named(page: Client, harbour: Team, name: str, words: str) -> None:
    answer = page.post(f"/account/teams/{harbour.pk}/members", {"username": name, "role": "member"})
    assertContains(answer, words, status_code=400)
    assertContains(answer, f'value="{name}"', status_code=400)


def test_a_deactivated_person_is_nobody(page: Client, harbour: Team, mallory: User) -> None:
    User.objects.filter(pk=mallory.pk).update(is_active=False)
    answer = page.post(f"/account/teams/{harbour.pk}/members", {"username": "mallory", "role": "member"})
    assertContains(answer, "nobody by the name", status_code=400)


def test_an_owner_hands_over_and_leaves(page: Client, harbour: Team, bob: User) -> None:
    at = f"/account/teams/{harbour.pk}"
    page.post(f"{at}/members/{bob.pk}/role", {"role": "owner"})
    assertRedirects(page.post(f"{at}/leave"), "/account/teams")
    assert roles(harbour) == {"bob": OWNER}


def test_the_last_owner_stays_owner(page: Client, harbour: Team, alice: User) -> None:
    at = f"/account/teams/{harbour.pk}"
    assertContains(page.post(f"{at}/leave", follow=True), "A team needs an owner.")
    assertContains(
        page.post(f"{at}/members/{alice.pk}/role", {"role": "member"}, follow=True), "A team needs an owner."
    )
    assert roles(harbour) == {"alice": OWNER, "bob": MEMBER}


def test_a_deactivated_owner_does_not_count(alice: User, bob: User, harbour: Team) -> None:
    teams.set_role(alice, harbour.pk, bob.pk, role=OWNER)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    with pytest.raises(TeamRefused, match="needs an owner"):
        teams.leave(alice, harbour.pk)


def test_a_member_leaves(bobs: Client, harbour: Team) -> None:
    assertContains(bobs.post(f"/account/teams/{harbour.pk}/leave", follow=True), "You have left the team.")
    assert bobs.get(f"/account/teams/{harbour.pk}").status_code == 404


CHANGES = ["name", "members", "members/{user}/role", "members/{user}/remove"]


@pytest.mark.parametrize("change", CHANGES)
def test_a_member_sees_no_buttons_and_is_refused(bobs: Client, harbour: Team, alice: User, change: str) -> None:
    at = f"/account/teams/{harbour.pk}"
    path = f"{at}/{change.format(user=alice.pk)}"
    assertNotContains(bobs.get(at), path)
    answer = bobs.post(path, {"name": "Mine", "username": "bob", "role": "member"})
    assert answer.status_code == 403
    assert (roles(harbour), Team.objects.get(pk=harbour.pk).name) == ({"alice": OWNER, "bob": MEMBER}, "Harbour")


@pytest.mark.parametrize("change", [*CHANGES, "leave"])
def test_to_a_stranger_the_team_is_not_there(mallory: User, harbour: Team, alice: User, change: str) -> None:
    client = Client()
    client.force_login(mallory)
    at = f"/account/teams/{harbour.pk}"
    form = {"name": "Mine", "username": "mallory", "role": "owner"}
    assert client.get(at).status_code == 404
    assert client.post(f"{at}/{change.format(user=alice.pk)}", form).status_code == 404
    assert client.post(f"/account/teams/{uuid4()}/leave").status_code == 404
    assert roles(harbour) == {"alice": OWNER, "bob": MEMBER}


@pytest.mark.parametrize("change", [*CHANGES, "leave"])
def test_a_personal_team_stays_as_it_is(page: Client, alice: User, bob: User, change: str) -> None:
    team = alice.personal_team
    page.post(
        f"/account/teams/{team.pk}/{change.format(user=alice.pk)}", {"name": "New", "username": "bob", "role": "member"}
    )
    assert (roles(team), Team.objects.get(pk=team.pk).name) == ({"alice": OWNER}, "alice")


@pytest.mark.parametrize("change", [*CHANGES, "leave"])
def test_a_link_changes_nothing(page: Client, harbour: Team, alice: User, change: str) -> None:
    at = f"/account/teams/{harbour.pk}"
    assertRedirects(page.get(f"{at}/{change.format(user=alice.pk)}"), at)


def test_the_page_costs_the_same_for_many(
    page: Client, alice: User, harbour: Team, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        User.objects.create_user(f"sailor{number}")
        teams.add(alice, harbour.pk, username=f"sailor{number}", role=MEMBER)
    with django_assert_max_num_queries(4):
        page.get(f"/account/teams/{harbour.pk}")


DEEDS: dict[str, Callable[[User, UUID, User], object]] = {
    "remove": lambda actor, team, other: teams.remove(actor, team, other.pk),
    "leave": lambda actor, team, _other: teams.leave(actor, team),
    "demote": lambda actor, team, _other: teams.set_role(actor, team, actor.pk, role=MEMBER),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_two_owners_at_once_leave_one(committed: None, deed: str) -> None:
    carol, dave = User.objects.create_user("carol"), User.objects.create_user("dave")
    team = teams.create(carol, name="Lighthouse")
    teams.add(carol, team.pk, username="dave", role=OWNER)

    def dave_acts() -> None:
        with suppress(TeamRefused):
            DEEDS[deed](dave, team.pk, carol)
        connection.close()

    second = threading.Thread(target=dave_acts)
    with transaction.atomic():
        DEEDS[deed](carol, team.pk, dave)
        second.start()
        while second.is_alive() and not _somebody_waits_for_a_lock():
            pass
    second.join()
    assert list(roles(team).values()).count(OWNER) == 1


def test_a_change_does_not_hold_up_requests_for_the_team(committed: None) -> None:
    carol = User.objects.create_user("carol")
    team = teams.create(carol, name="Lighthouse")
    pointed: list[UUID] = []

    def point_to_the_team() -> None:
        with transaction.atomic(), connection.cursor() as cursor:  # what the check of a foreign key does
            cursor.execute("SET lock_timeout = '1s'")
            cursor.execute("SELECT id FROM accounts_team WHERE id = %s FOR KEY SHARE", [team.pk])
            pointed.append(cursor.fetchone()[0])
        connection.close()

    with teams._locked(carol, team.pk):
        thread = threading.Thread(target=point_to_the_team)
        thread.start()
        thread.join()
    assert pointed == [team.pk]


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
