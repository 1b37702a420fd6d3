"""`manage.py prices`: what each model costs today, who says so, and since when."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ai.routing import current
from ai.routing.prices import prices, table_of


class Command(BaseCommand):
    help = "Shows each model's price in USD per million tokens, its source, and from which day on it holds."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for line in table_of(prices(current())):
            self.stdout.write(line)
