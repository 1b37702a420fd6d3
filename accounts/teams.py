"""Who may change a team, and how: each change locks the team's row first and looks again at who asks.

Without the lock two owners could remove each other at the same moment, each while the other still counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership, Team, User

OWNER = Membership.Role.OWNER


class TeamRefused(Exception):
    """Why a change is not made, in a sentence."""


class NobodyToAdd(TeamRefused):
    """There is no such person, or they are in the team already."""


class NotAMember(TeamRefused):
    """To a stranger the team does not exist."""


class NotAnOwner(TeamRefused):
    """Members look; owners change."""


@transaction.atomic
def create(owner: User, *, name: str) -> Team:
    team = Team.objects.create(name=name)
    Membership.objects.create(team=team, user=owner, role=OWNER)
    return team


def rename(actor: User, team_id: UUID, *, name: str) -> None:
    with _owners_hands(actor, team_id) as team:
        team.name = name
        team.save(update_fields=["name"])


def add(actor: User, team_id: UUID, *, username: str, role: str) -> Membership:
    with _owners_hands(actor, team_id) as team:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise NobodyToAdd(_("There is nobody by the name %(name)s.") % {"name": username})
        membership, made = Membership.objects.get_or_create(team=team, user=user, defaults={"role": role})
        if not made:
            raise NobodyToAdd(_("%(name)s is in this team already.") % {"name": username})
        return membership


def set_role(actor: User, team_id: UUID, member_id: UUID, *, role: str) -> Membership:
    with _owners_hands(actor, team_id) as team:
        membership = _member(team, member_id)
        membership.role = role
        membership.save(update_fields=["role"])
        _check_an_owner_stays(team)
        return membership


def remove(actor: User, team_id: UUID, member_id: UUID) -> Membership:
    """Somebody else: for oneself there is leave()."""
    if member_id == actor.pk:
        raise TeamRefused(_("Leave the team instead."))
    with _owners_hands(actor, team_id) as team:
        membership = _member(team, member_id)
        membership.delete()
        _check_an_owner_stays(team)
        return membership


def leave(actor: User, team_id: UUID) -> None:
    with _locked(actor, team_id) as (team, membership):
        membership.delete()
        _check_an_owner_stays(team)


@contextmanager
def _owners_hands(actor: User, team_id: UUID) -> Iterator[Team]:
    with _locked(actor, team_id) as (team, membership):
        if membership.role != OWNER:
            raise NotAnOwner(_("Only an owner of this team may do that."))
        yield team


@contextmanager
def _locked(actor: User, team_id: UUID) -> Iterator[tuple[Team, Membership]]:
    """The team in our hands alone. Its key stays shared, so that requests are accepted for it meanwhile."""
    with transaction.atomic():
        team = Team.objects.select_for_update(no_key=True).filter(pk=team_id).first()
        membership = Membership.objects.filter(team=team_id, user=actor).first()
        if team is None or membership is None:
            raise NotAMember
        if team.personal:
            raise TeamRefused(_("Your personal team is yours alone and stays as it is."))
        yield team, membership


def _member(team: Team, user_id: UUID) -> Membership:
    membership = team.memberships.select_related("user").filter(user=user_id).first()
    if membership is None:
        raise TeamRefused(_("That person is no longer in this team."))
    return membership


def _check_an_owner_stays(team: Team) -> None:
    if not team.memberships.filter(role=OWNER, user__is_active=True).exists():
        raise TeamRefused(_("A team needs an owner. Make somebody else an owner first."))
