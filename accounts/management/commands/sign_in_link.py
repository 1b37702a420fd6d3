from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.signin import sign_in_path


class Command(BaseCommand):
    help = "Print the path of a link that signs a user in once, within ten minutes. Local settings only."
    requires_system_checks = []  # an edited prompt is live and must not stop it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the user's name")

    def handle(self, *_args: object, **options: Any) -> None:
        if not settings.LINTEL_DEMO:
            raise CommandError("Sign-in links exist only where LINTEL_DEMO is set: in local settings.")
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {options['user']!r}.")
        self.stdout.write(sign_in_path(user))
