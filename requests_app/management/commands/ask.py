"""`manage.py ask PROMPT -v name=value -f name=file|-`: submit a request and follow its answer."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from ai.errors import PromptError
from ai.prompts.registry import get_prompt
from ai.types import JSON
from requests_app.errors import RequestError
from requests_app.intake import Submission, accept, cancel
from requests_app.models import AIRequest, Status
from requests_app.money import usd
from requests_app.stream import follow, usage_of

EXIT_CODES = {Status.DONE: 0, Status.CANCELLED: 130}


class Command(BaseCommand):
    help = "Submit a request and follow it: live text on a terminal, one JSON object on a pipe; Ctrl-C cancels."
    requires_system_checks = []  # an edited prompt is live and must not stop it

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """-v is the values' here; Django's verbosity keeps its long name."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prompt", help="the prompt's key")
        parser.add_argument("-v", "--value", action="append", default=[], metavar="NAME=VALUE", help="a variable")
        parser.add_argument(
            "-f", "--file", action="append", default=[], metavar="NAME=FILE", help="a variable from a file, - is stdin"
        )
        parser.add_argument("--user", default="demo", help="whose request it is (default: demo)")
        parser.add_argument("--model", help="one model of the prompt's route")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        submission = Submission(prompt_key=options["prompt"], payload=payload_of(options), model=options["model"])
        try:
            request = accept(user, submission).request
        except RequestError as refused:
            raise CommandError(str(refused)) from None
        asyncio.run(self._follow(request))
        request.refresh_from_db()
        self._report(request)
        sys.exit(EXIT_CODES.get(Status(request.status), 1))

    async def _follow(self, request: AIRequest) -> None:
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGINT, lambda: asyncio.ensure_future(sync_to_async(cancel)(request))
        )
        async for event in follow(request.pk):
            if not self.stdout.isatty():
                continue
            if event["type"] == "chunk":
                self.stdout.write(event["text"], ending="")
            elif event["type"] == "reset":
                self.stdout.write(f"\n[{event['reason']}: the answer begins again]\n")
            self.stdout.flush()

    def _report(self, request: AIRequest) -> None:
        if self.stdout.isatty():
            self.stdout.write("")
            if request.error_message:
                self.stderr.write(request.error_message)
            return
        report = {
            "id": str(request.pk),
            "status": request.status,
            "text": request.text,
            "output": request.output,
            "error_code": request.error_code or None,
            "model": request.model,
            "usage": usage_of(request),
            "cost_usd": usd(request.cost_usd),
        }
        self.stdout.write(json.dumps(report, ensure_ascii=False))


def payload_of(options: dict[str, Any]) -> dict[str, Any]:
    try:
        properties = get_prompt(options["prompt"]).spec.properties
    except PromptError as problem:
        raise CommandError(str(problem)) from None
    values = [value_of(pair, properties) for pair in options["value"]]
    return {**dict(values), **dict(map(file_of, options["file"]))}


def value_of(pair: str, properties: JSON) -> tuple[str, Any]:
    """``name=value``; where the prompt's schema wants something other than text, the value is JSON."""
    name, sign, value = pair.partition("=")
    if not name or not sign:
        raise CommandError(f"{pair!r} is not NAME=VALUE.")
    if properties.get(name, {}).get("type", "string") == "string":
        return name, value
    try:
        return name, json.loads(value)
    except ValueError:
        raise CommandError(f"{name}: {value!r} is not the JSON that this variable takes.") from None


def file_of(pair: str) -> tuple[str, str]:
    name, sign, file = pair.partition("=")
    if not name or not sign:
        raise CommandError(f"{pair!r} is not NAME=FILE.")
    try:
        return name, sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise CommandError(f"{file}: {problem}") from None
