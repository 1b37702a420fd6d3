"""From files to tables: copies versions into PromptTemplate and lets a deploy move the ``live`` label.

The rule of the label. The files want one version of each prompt to be live: the lock's current one, or, where drafts
count (local settings), the draft edited last. They get their way when what they want differs from what they *last*
asked for, that is from the newest label with an empty ``by``. So a deploy with a new current version goes live, and an
editor's rollback stays until the files ask for something new; a draft taken back brings the current version back.
The rule needs no memory but the table, so any number of processes may follow it at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.apps import apps as installed
from django.conf import settings
from django.db import router, transaction

from ai.errors import FileProblem, PromptBroken
from ai.prompts.lock import LOCK, Lock, is_locked, read_lock
from ai.prompts.models import LIVE, PromptLabel, PromptTemplate
from ai.prompts.source import TEMPLATES, PromptFile, read_prompts, version_order

logger = logging.getLogger(__name__)

Name = tuple[str, str, str]  # key, version, hash


def publish_after_migrate(using: str, apps: Any = installed, **_signal: Any) -> None:
    try:
        apps.get_model("ai", "PromptLabel")
    except LookupError:  # migrated back to before these tables
        return
    if router.allow_migrate_model(using, PromptLabel):
        for problem in publish(using=using, drafts=settings.LINTEL_PROMPTS_LIVE):
            logger.error("%s:%s: %s", problem.file, problem.line, problem.detail)


def publish(
    *, using: str | None = None, drafts: bool, root: Path = TEMPLATES, lock_path: Path = LOCK
) -> list[FileProblem]:
    """Brings the tables up to the files, and says which files it had to pass over."""
    files, problems = read_prompts(root)
    try:
        lock = read_lock(lock_path)
    except PromptBroken as broken:
        return [*problems, *broken.problems]
    alias = using or router.db_for_write(PromptTemplate)
    with transaction.atomic(using=alias):
        rows = _copy(alias, [file for file in files if drafts or is_locked(file, lock)], lock)
        _label(alias, wanted(files, lock, drafts=drafts), rows)
    return problems


def wanted(files: Sequence[PromptFile], lock: Lock, *, drafts: bool) -> dict[str, Name]:
    """Which content of each prompt the files want to be live."""
    names = {key: (key, entry.current, entry.versions.get(entry.current, "")) for key, entry in lock.items()}
    if drafts:
        unlocked = [file for file in files if not is_locked(file, lock)]
        names |= {file.key: _name(file) for file in sorted(unlocked, key=_edited)}
    return names


def _edited(file: PromptFile) -> tuple[int, tuple[int, ...]]:
    return file.modified, version_order(file.version)


def _name(file: PromptFile) -> Name:
    return file.key, file.version, file.hash


def _copy(alias: str, files: Iterable[PromptFile], lock: Lock) -> dict[Name, PromptTemplate]:
    known = _rows(alias)
    missing = [file for file in files if _name(file) not in known]
    drafts_now_locked = [
        known[_name(file)].pk
        for file in files
        if _name(file) in known and is_locked(file, lock) and not known[_name(file)].published
    ]
    if not missing and not drafts_now_locked:
        return known
    templates = PromptTemplate.objects.using(alias)
    templates.bulk_create((_row(file, lock) for file in missing), ignore_conflicts=True)
    templates.filter(pk__in=drafts_now_locked, published=False).update(published=True)
    return _rows(alias)


def _rows(alias: str) -> dict[Name, PromptTemplate]:
    rows = PromptTemplate.objects.using(alias).defer("content")
    return {(row.key, row.version, row.hash): row for row in rows}


def _row(file: PromptFile, lock: Lock) -> PromptTemplate:
    published = is_locked(file, lock)
    return PromptTemplate(key=file.key, version=file.version, hash=file.hash, content=file.content, published=published)


def _label(alias: str, names: dict[str, Name], rows: dict[Name, PromptTemplate]) -> None:
    labels = PromptLabel.objects.using(alias)
    asked = dict(labels.filter(label=LIVE, by="").newest_first().distinct("key").values_list("key", "template"))
    labels.bulk_create(
        PromptLabel(key=key, template_id=rows[name].pk, reason=_reason(rows[name]))
        for key, name in names.items()
        if name in rows and asked.get(key) != rows[name].pk
    )


def _reason(row: PromptTemplate) -> str:
    return "current in the lock file" if row.published else "edited file"
