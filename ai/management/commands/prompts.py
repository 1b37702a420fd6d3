"""`manage.py prompts`: what there is, is it sound, publish it, copy it, make it live."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ai.errors import AIError
from ai.prompts.checks import check_prompts
from ai.prompts.lock import is_new, read_lock, with_new_versions, write_lock
from ai.prompts.models import PromptLabel, PromptTemplate
from ai.prompts.registry import load_prompts, move_label
from ai.prompts.source import TEMPLATES, display_name, prompt_paths, read_prompts, version_order
from ai.yaml_source import Source


class Command(BaseCommand):
    help = "Lists, checks, publishes, copies and promotes prompts."
    # A prompt that fails its check must not keep this command from mending it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action")
        actions.add_parser("list", help="every version in the database (the default)")
        actions.add_parser("check", help="check the files and the lock")
        actions.add_parser("lock", help="publish new versions: record their hashes and make the newest current")
        actions.add_parser("new", help="copy a prompt's newest version to the next").add_argument("key")
        label = actions.add_parser("label", help="make a version live without a deploy")
        label.add_argument("key")
        label.add_argument("version")
        label.add_argument("--reason", required=True)

    def handle(self, *_args: Any, action: str | None, **options: Any) -> None:
        try:
            getattr(self, f"_{action or 'list'}")(**options)
        except AIError as error:
            raise CommandError(str(error)) from error

    def _list(self, **_options: Any) -> None:
        load_prompts()
        live = {label.template_id for label in PromptLabel.objects.live()}
        for row in sorted(PromptTemplate.objects.all(), key=_by_version):
            marks = [*(["live"] if row.pk in live else []), *([] if row.published else ["unpublished"])]
            self.stdout.write(f"{f'{row.key}@{row.version}':32} {row.hash[:12]}  {', '.join(marks)}".rstrip())

    def _check(self, **_options: Any) -> None:
        messages = check_prompts()
        for message in messages:
            self.stdout.write(str(message))
        if any(message.is_serious() for message in messages):
            raise CommandError("The prompts are not sound.")
        self.stdout.write("The prompts are sound.")

    def _lock(self, **_options: Any) -> None:
        files, broken = read_prompts()
        for problem in broken:
            raise CommandError(f"{problem.file}:{problem.line}: {problem.detail}")
        lock = read_lock()
        new = [file for file in files if is_new(file, lock)]
        write_lock(with_new_versions(lock, files))
        for file in new:
            self.stdout.write(f"Published {file.key}@{file.version}.")
        if not new:
            self.stdout.write("Nothing new: every version is published.")

    def _new(self, *, key: str, **_options: Any) -> None:
        versions = [path for path in prompt_paths() if path.parent.name == key]
        if not versions:
            raise CommandError(f"There is no folder {display_name(TEMPLATES / key)} with a version in it.")
        newest = max(versions, key=lambda path: version_order(path.stem))
        copy = newest.with_name(f"{next_version(newest.stem)}.yaml")
        copy.write_text(with_version(newest, copy.stem), encoding="utf-8")
        self.stdout.write(f"Edit {display_name(copy)}, then publish it with `manage.py prompts lock`.")

    def _label(self, *, key: str, version: str, reason: str, **_options: Any) -> None:
        load_prompts()  # files that were locked a moment ago move the label now, not after this move
        label = move_label(key=key, version=version, by=getpass.getuser(), reason=reason)
        self.stdout.write(f"{label.template} is live.")


def _by_version(row: PromptTemplate) -> tuple[str, tuple[int, ...], datetime]:
    return row.key, version_order(row.version), row.created


def next_version(version: str) -> str:
    """1 → 2, 1.9 → 1.10."""
    head, dot, last = version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}"


def with_version(path: Path, version: str) -> str:
    """The file's text with another version and every other character as it was."""
    source = Source.read(path, name=display_name(path))
    node = source.node("version")
    return f'{source.text[: node.start_mark.index]}"{version}"{source.text[node.end_mark.index :]}'
