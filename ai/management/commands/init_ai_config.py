"""`manage.py init_ai_config`: bring providers, models, routes and tiers up to the catalogue's file."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ai.errors import ConfigurationError
from ai.routing.publish import publish


class Command(BaseCommand):
    help = "Loads the catalogue's file into the tables; what was edited there stays. Every migrate does the same."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        try:
            changes = publish(dry_run=dry_run)
        except ConfigurationError as error:
            raise CommandError(str(error)) from error
        for change in changes:
            self.stdout.write(str(change))
        if not any(change.kind != "kept" for change in changes):
            self.stdout.write("Nothing to do.")
        elif dry_run:
            self.stdout.write("Nothing was written.")
