from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import ApiToken, User


class Command(BaseCommand):
    help = "Make an API token for a user and print it, this once: only its digest is kept."
    requires_system_checks = []  # an edited prompt is live and must not stop it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the user's name")
        parser.add_argument("--name", default="command line", help="what the token is for")
        usual = min(365, settings.LINTEL_TOKEN_MAX_DAYS or 365)
        parser.add_argument("--days", type=int, default=usual, help="how long it is valid")

    def handle(self, *_args: object, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {options['user']!r}.")
        most = settings.LINTEL_TOKEN_MAX_DAYS or 3650
        if not 0 < options["days"] <= most:
            raise CommandError(f"--days {options['days']} is not between 1 and {most}.")
        _token, plain = ApiToken.objects.create(user, expiry=timedelta(days=options["days"]), name=options["name"])
        self.stdout.write(plain)
