"""`manage.py check_ai_config`: would every prompt be answered, at a known price, and by whom it may fall back on?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ai.errors import ConfigurationError
from ai.prompts.registry import load_prompts
from ai.routing import Catalogue, current
from ai.routing.audit import findings
from ai.routing.file import from_file


class Command(BaseCommand):
    help = "Checks routes, prices and fallbacks of every live prompt; ends with 1 where something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", action="store_true", help="the catalogue's file instead of the tables")

    def handle(self, *_args: Any, file: bool, **_options: Any) -> None:
        found = findings(_catalogue(file=file), load_prompts())
        for finding in found:
            self.stdout.write(finding)
        if found:
            raise CommandError(f"{len(found)} findings.")
        self.stdout.write("Every prompt would be answered.")


def _catalogue(*, file: bool) -> Catalogue:
    try:
        return from_file() if file else current()
    except ConfigurationError as error:
        raise CommandError(str(error)) from error
