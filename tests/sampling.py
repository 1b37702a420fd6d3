"""What load_demo marks as sample data, made by hand. The owner alone may mark, so what tests make is committed."""

from __future__ import annotations

from accounts.models import Membership, Team, User
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest


def sample_team(*members: User, name: str = "Northwind") -> Team:
    team = Team.objects.using("owner").create(name=name, sample=True)
    for member in members:
        Membership.objects.create(team_id=team.pk, user=member)
    return Team.objects.get(pk=team.pk)


def sample_person(name: str = "nora.sample") -> User:
    person = User.objects.create_user(name)
    Team.objects.using("owner").filter(personal_of=person.pk).update(sample=True)
    return person


def ask(user: User, team: Team | None = None) -> AIRequest:
    return accept(user, Submission(prompt_key="ticket_classify", payload={"ticket": "x"}, team=team)).request
