from __future__ import annotations

from dataclasses import asdict

from django.core.management.base import BaseCommand

from requests_app.sweep import sweep


class Command(BaseCommand):
    help = "Put right, now, what dead processes and lost messages left behind. Workers and beat do it by themselves."
    requires_system_checks = []  # an edited prompt is live and must not stop it

    def handle(self, *_args: object, **_options: object) -> None:
        swept = sweep()
        if swept is None:
            self.stdout.write("Another sweep is under way.")
            return
        self.stdout.write(", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in asdict(swept).items()))
