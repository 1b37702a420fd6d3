"""The process that `load_demo` starts: the history is made in a database of its own, then carried over at once."""

from __future__ import annotations

import asyncio
import os
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone

from accounts.models import Team, User
from config import env
from config.samples.carry import Connection, bring_guest, bring_prompts, carry_over
from config.samples.happenings import Happening
from config.samples.people import make_people
from config.samples.plan import DAYS, days_before, plan
from config.samples.play import engine, known_prompts, move
from config.samples.scratch import Busy, scratch
from config.samples.story import read_story
from requests_app import days

SETTINGS = "config.settings.samples"
KINDLY = 10  # what else runs on this machine goes first


class Command(BaseCommand):
    help = "Make the sample history. Started by load_demo, with settings of its own."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--guest", help="who of the real database takes part")

    def handle(self, *_args: object, guest: str | None, **_options: Any) -> None:
        if os.environ.get("DJANGO_SETTINGS_MODULE") != SETTINGS:
            raise CommandError(f"load_demo starts this, with {SETTINGS}.")
        os.nice(KINDLY)
        into, name = env.text("LINTEL_SAMPLES_INTO"), connections["owner"].settings_dict["NAME"]
        try:
            with scratch(into, name=name) as real, psycopg.connect(into, dbname=name, autocommit=True) as made:
                self.stdout.write(f"{self._make(real, made, guest)} sample requests of {DAYS} days")
        except Busy:
            raise CommandError("The sample history is being made already.") from None

    def _make(self, real: Connection, made: Connection, guest: str | None) -> int:
        today = days.day_of(timezone.now())
        call_command("migrate", database="owner", interactive=False, verbosity=0)
        bring_prompts(real, made)
        if guest is not None:
            bring_guest(real, made, guest)
        happenings = known_prompts(plan(read_story(), days_before(today), days.zone(), guest=guest))
        move(days.bounds(days_before(today)[0])[0], 1.0)
        people, teams = make_people(guest)
        try:
            asyncio.run(self._play(happenings, people, teams, until=beginning(today)))
        finally:
            hang_up()
        return carry_over(made, real)

    async def _play(
        self, happenings: list[Happening], people: Mapping[str, User], teams: Mapping[str, Team], *, until: datetime
    ) -> None:
        port = urlsplit(settings.LINTEL_ANTHROPIC_BASE_URL).port or 0
        seen: list[date] = []

        def new_day(day: date) -> None:
            seen.append(day)
            self.stdout.write(f"day {len(seen)} of {DAYS}")
            self.stdout.flush()

        async with engine(port, people=people, teams=teams) as player:
            await player.play(happenings, until=until, new_day=new_day)


def hang_up() -> None:
    """The threads' connections, which the owner may not end and which keep the database from being dropped."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
    connections.close_all()


def beginning(today: date) -> datetime:
    """Of the day, and of the one by which budgets go: what is left of today's is left to people."""
    return min(days.bounds(today)[0], datetime.combine(today, time(), tzinfo=UTC))
