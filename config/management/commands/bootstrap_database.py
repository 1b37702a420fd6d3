"""Prepare a PostgreSQL server that is not the embedded one: roles, database, extensions, default privileges."""

from argparse import ArgumentParser
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.database_roles import BootstrapRefused, Roles, bootstrap, script


class Command(BaseCommand):
    help = "Make Lintel's two database roles, its database and extensions, as a superuser; may be run again."
    requires_system_checks = []  # they look into the database that this makes

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--superuser-url", help="postgresql://superuser:password@host:port/postgres")
        how.add_argument("--print-sql", action="store_true", help="print the steps for psql and change nothing")

    def handle(self, *_args: object, **options: Any) -> None:
        roles = roles_from_settings()
        if options["print_sql"]:
            self.stdout.write(script(roles), ending="")
            return
        try:
            bootstrap(options["superuser_url"], roles)
        except (BootstrapRefused, psycopg.Error) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Database {roles.database} is ready for {roles.owner} and {roles.app}.")


def roles_from_settings() -> Roles:
    """The roles as DATABASE_URL and MIGRATE_DATABASE_URL name them."""
    app, owner = settings.DATABASES["default"], settings.DATABASES["owner"]
    return Roles(
        database=app["NAME"],
        owner=owner["USER"],
        owner_password=owner["PASSWORD"],
        app=app["USER"],
        app_password=app["PASSWORD"],
    )
