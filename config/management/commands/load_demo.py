"""People and teams to try Lintel with, and fourteen days of sample history, which config.samples makes.

The ten tickets and five texts are files in config/demo: a prompt's input needs no row until somebody sends it. The
handbook that questions are tried with is written as documents, where demo has none.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Membership, Team, User
from ai.rag.evaluation.labels import HANDBOOK, documents_beside
from config.demo_people import GUEST, PEOPLE, SUPERUSER
from config.samples.making import NotMade, make
from documents import fields, library
from documents.errors import TooManyDocuments
from documents.models import Document, DocumentKey, Visibility
from requests_app import samples
from requests_app.models import AIRequest, BudgetHold, BudgetWindow, HoldShare, RequestMove, TokenBudget

FILES = Path(__file__).resolve().parents[2] / "demo"
TEAMS = {
    "Support": {"demo": Membership.Role.OWNER, "alice": Membership.Role.MEMBER, "bob": Membership.Role.MEMBER},
    "Research": {"alice": Membership.Role.OWNER, "demo": Membership.Role.MEMBER, "mallory": Membership.Role.MEMBER},
}


class Command(BaseCommand):
    help = "Make demo users, teams and a sample history; what is there already stays as it is. Local settings only."
    requires_system_checks = []  # an edited prompt is live and must not stop it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clear", action="store_true", help="remove them again, with their requests")
        parser.add_argument("--people", action="store_true", help="make users and teams alone")

    def handle(self, *_args: object, **options: Any) -> None:
        if not settings.LINTEL_DEMO:
            raise CommandError("Demo users have known passwords: they exist only in local settings.")
        with transaction.atomic():
            self.stdout.write(clear() if options["clear"] else load())
        if not options["clear"] and not options["people"]:
            self._write_handbook()
            self._make_history()

    def _write_handbook(self) -> None:
        guest = User.objects.get(username=GUEST)
        if not Document.objects.owned_by(guest).exists():
            self._say(f"{write_handbook(guest)} documents of a handbook, for everybody to ask")

    def _make_history(self) -> None:
        try:
            make(GUEST, self._say)
        except NotMade as problem:
            raise CommandError(str(problem)) from problem

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


def load() -> str:
    people = {name: person(name) for name in PEOPLE}
    for name, members in TEAMS.items():
        team, _made = Team.objects.get_or_create(name=name, personal_of=None)
        for member, role in members.items():
            Membership.objects.get_or_create(team=team, user=people[member], defaults={"role": role})
    tickets, texts = (len(list((FILES / kind).glob("*.txt"))) for kind in ("tickets", "texts"))
    return f"{len(people)} users, {len(TEAMS)} shared teams; {tickets} tickets and {texts} texts in config/demo"


def write_handbook(owner: User) -> int:
    """How many were written: all, as far as LINTEL_DOCUMENTS_PER_MINUTE lets one."""
    for name, text in documents_beside(HANDBOOK).items():
        content = fields.of_file(name, text.encode())
        title = text.partition("\n")[0].removeprefix("# ")
        try:
            library.create(owner, library.Draft(content=content, title=title, visibility=Visibility.ALL))
        except TooManyDocuments:
            break
    return Document.objects.owned_by(owner).count()


def person(name: str) -> User:
    found = User.objects.filter(username=name).first()
    if found is not None:
        return found
    if name == SUPERUSER:
        return User.objects.create_superuser(name, password=name)
    return User.objects.create_user(name, password=name)


def _clear_requests(requests: QuerySet[AIRequest]) -> None:
    HoldShare.objects.filter(hold__in=requests.values("pk")).delete()
    BudgetHold.objects.filter(reference__in=requests.values("pk")).delete()
    with pgtrigger.ignore("requests_app.RequestMove:insert_only"):
        RequestMove.objects.filter(request__in=requests).delete()
    requests.update(retry_of=None)
    requests.delete()


def _clear_budgets(whose: Q) -> None:
    budgets = TokenBudget.objects.filter(whose)
    HoldShare.objects.filter(window__budget__in=budgets).delete()
    BudgetWindow.objects.filter(budget__in=budgets).delete()
    budgets.delete()
    TokenBudget.history.filter(whose).delete()


def _clear_documents(people: QuerySet[User]) -> None:
    """One by one, so that whoever indexes them hears of it."""
    for document in Document.objects.filter(owner__in=people):
        document.delete()
    DocumentKey.objects.filter(user__in=people).delete()


def clear() -> str:
    """Remove sample data, and everything that hangs on the demo users.

    Usage records of what they sent stay: they are written once and name nobody.
    """
    samples.remove()
    people = User.objects.filter(username__in=PEOPLE)
    _clear_requests(AIRequest.objects.filter(user__in=people))
    teams = Team.objects.filter(name__in=TEAMS, personal_of=None, ai_requests=None)
    _clear_budgets(Q(user__in=people) | Q(team__personal_of__in=people) | Q(team__in=teams))
    _clear_documents(people)
    removed = teams.count()
    teams.delete()
    Membership.objects.filter(user__in=people).delete()
    Team.objects.filter(personal_of__in=people).delete()
    count = people.count()
    people.delete()
    return f"{count} users and {removed} shared teams removed"
