"""Who the history is about: people and teams that are marked, and nobody can log in as."""

from __future__ import annotations

from decimal import Decimal

from accounts.models import Membership, Team, User
from config.samples.plan import LEGAL, SUPPORT, TEAMS
from requests_app.models import Measure, Period, TokenBudget

BUDGETS = {SUPPORT: (Period.DAY, Decimal("0.25")), LEGAL: (Period.MONTH, Decimal(3))}  # US dollars


def make_people(guest: str | None) -> tuple[dict[str, User], dict[str, Team]]:
    """By the owner's alias, for the owner alone may mark."""
    names = sorted({name for members in TEAMS.values() for name in members})
    people = {name: _person(name) for name in names}
    teams = {name: _team(name, [people[member] for member in members]) for name, members in TEAMS.items()}
    if guest is not None:
        people[guest] = User.objects.get(username=guest)
        for team in teams.values():
            Membership.objects.create(team=team, user=people[guest])
    return people, teams


def _person(name: str) -> User:
    """The name has a dot in it, so that it is nobody's whom `load_demo` makes."""
    person = User.objects.create_user(name)
    Team.objects.using("owner").filter(personal_of=person.pk).update(sample=True)
    return person


def _team(name: str, members: list[User]) -> Team:
    made = Team.objects.using("owner").create(name=name, sample=True)
    team = Team.objects.get(pk=made.pk)
    for number, member in enumerate(members):
        role = Membership.Role.MEMBER if number else Membership.Role.OWNER
        Membership.objects.create(team=team, user=member, role=role)
    period, limit = BUDGETS[name]
    TokenBudget.objects.create(team=team, measure=Measure.USD, period=period, limit=limit)
    return team
