"""Rights come with the user: as many as Django would find, in no query of their own."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.rights import RightsBackend

JUDGE, LOOK = "requests_app.decide_review", "requests_app.view_airequest"


def permission(name: str) -> Permission:
    app, code = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=code)


@pytest.fixture
def granted(alice: User) -> User:
    """One right of her own, one of her group."""
    alice.user_permissions.add(permission(JUDGE))
    group = Group.objects.create(name="desk")
    group.permissions.add(permission(LOOK))
    alice.groups.add(group)
    return User.objects.get(pk=alice.pk)


def signed_in(user: User) -> User:
    client = Client()
    client.force_login(user)
    http = HttpRequest()
    http.session = client.session
    found = get_user(http)
    assert isinstance(found, User)
    return found


def test_they_are_known_with_the_user(granted: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user = signed_in(granted)
    with django_assert_num_queries(0):
        assert user.has_perm(JUDGE)
        assert user.has_perm(LOOK)
        assert not user.has_perm("requests_app.change_airequest")
        assert user.has_module_perms("requests_app")


def test_who_came_by_a_token_costs_one_query(granted: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert granted.has_perms([JUDGE, LOOK])


def test_they_are_those_that_django_finds(granted: User) -> None:
    assert RightsBackend().get_all_permissions(granted) == {JUDGE, LOOK}
    assert ModelBackend().get_all_permissions(User.objects.get(pk=granted.pk)) == {JUDGE, LOOK}


def test_what_is_taken_away_is_gone_at_the_next_request(granted: User) -> None:
    granted.user_permissions.clear()
    assert not signed_in(granted).has_perm(JUDGE)


@pytest.mark.parametrize(("fields", "may"), [({"is_superuser": True}, True), ({"is_active": False}, False)])
def test_superusers_may_and_inactive_people_may_not(granted: User, fields: dict[str, bool], *, may: bool) -> None:
    User.objects.filter(pk=granted.pk).update(**fields)
    user = User.objects.get(pk=granted.pk)
    assert user.has_perm(JUDGE) is may
    assert (RightsBackend().get_user(user.pk) is not None) is may
