"""The people of a round: in teams, with budgets that are ample for some and tight for others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tests.process.stack import Person, Stack

MAKE = """
import json, sys, django; django.setup()
from django.db import transaction
from accounts.models import ApiToken, Membership, Team, User
from requests_app.models import TokenBudget
made = []
with transaction.atomic():
    for wish in json.loads(sys.argv[1]):
        user = User.objects.create(username=wish["name"], email=wish["name"] + "@example.com", password="!")
        token = ApiToken.objects.create(user=user, name="campaign")[1]
        team = user.personal_team
        if wish["team"]:
            team = Team.objects.filter(name=wish["team"]).first() or Team.objects.create(name=wish["team"])
            Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)
        if wish["tokens_a_day"] is not None:
            TokenBudget.objects.create(user=user, measure="tokens", period="day", limit=wish["tokens_a_day"])
        if wish["team_usd_a_month"] is not None:
            wanted = {"limit": wish["team_usd_a_month"]}
            TokenBudget.objects.get_or_create(team=team, measure="usd", period="month", defaults=wanted)
        made.append({"id": str(user.pk), "name": user.username, "token": token, "team": str(team.pk)})
print(json.dumps(made))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A person to make; ``team`` is the shared one's name, and amounts are limits."""

    name: str
    team: str = ""
    tokens_a_day: str | None = None
    team_usd_a_month: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Person):
    """Somebody, and the id of the team that pays for what they ask."""

    team: str


def make(stack: Stack, wishes: Sequence[Wish]) -> list[Member]:
    """In one process: starting it is what takes time."""
    script = MAKE.replace("sys.argv[1]", repr(json.dumps([asdict(wish) for wish in wishes])))
    return [Member(**each) for each in json.loads(stack.run("-c", script))]
