"""What a local start needs of Django, in one process: to load it three times takes longer than the work."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, load demo data, and print the path of a one-time sign-in link for demo; all else goes to stderr."
    requires_system_checks = []  # an edited prompt is live and must not stop a start, which checks its own settings

    def handle(self, *_args: object, **_options: Any) -> None:
        call_command("migrate", interactive=False, stdout=self.stderr)
        call_command("load_demo", people=True, stdout=self.stderr)
        call_command("sign_in_link", "demo", stdout=self.stdout)
