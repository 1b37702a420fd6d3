"""From the file to the tables: what each release brings, without touching what people have edited.

A row that still fits its fingerprint was edited by nobody: it follows the file, and goes when the file drops it. An
edited one stays as it is. The scheme is that of beat's schedule.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.apps import apps as installed
from django.db import router

from ai.errors import ConfigurationError
from ai.routing.file import CatalogueFile, load
from ai.routing.tables import CatalogueRow, LLMModel, LLMProvider, ModelRoute, TierQualityMapping, editing

TABLES: tuple[type[CatalogueRow], ...] = (LLMProvider, LLMModel, ModelRoute, TierQualityMapping)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row and what becomes of it; ``kept`` was edited here, and the file has it otherwise."""

    kind: Literal["added", "changed", "removed", "kept"]
    row: CatalogueRow

    def __str__(self) -> str:
        return f"{self.kind} {self.row._meta.verbose_name} {self.row}"


def publish_after_migrate(using: str, apps: Any = installed, **_signal: Any) -> None:
    try:
        apps.get_model("ai", "CatalogueVersion")
    except LookupError:  # migrated back to before these tables
        return
    if not router.allow_migrate_model(using, ModelRoute):
        return
    try:
        publish(using=using)
    except ConfigurationError as broken:
        for problem in str(broken).splitlines():
            logger.error(problem)  # noqa: TRY400 - the file is wrong, not the code


def publish(*, using: str | None = None, dry_run: bool = False) -> list[Change]:
    """Bring the tables up to the file; returns what was done, or would be. Raises ConfigurationError."""
    alias = using or router.db_for_write(ModelRoute)
    file = load()
    with editing("", using=alias):
        changes = [change for table in TABLES for change in _plan(table, list(wanted(table, file)), alias)]
        if not dry_run:
            _carry_out(changes, alias)
    return changes


def wanted(table: type[CatalogueRow], file: CatalogueFile) -> Iterator[CatalogueRow]:
    """The rows that the file stands for."""
    if table is LLMProvider:
        for name, provider in file.providers.items():
            yield LLMProvider(name=name, **_without_none(provider.model_dump()))
    elif table is LLMModel:
        for name, model in file.models.items():
            said = _without_none(model.model_dump(mode="json", by_alias=True, exclude_unset=True))
            said["provider_id"] = said.pop("provider")
            said["capabilities"] = sorted(said.get("capabilities", []))
            yield LLMModel(name=name, **said)
    elif table is ModelRoute:
        for route in file.all_routes():
            action, level, priority = route.scope
            tiers = [dict(tier) for tier in route.tiers]
            yield ModelRoute(action=action, quality_level=level, priority=priority, tiers=tiers, size=route.size)
    else:
        for tier, level in file.tiers.items():
            yield TierQualityMapping(tier=tier, quality_level=int(level))


def _without_none(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _plan(table: type[CatalogueRow], rows: Sequence[CatalogueRow], alias: str) -> Iterator[Change]:
    stored = {row.key: row for row in table._default_manager.using(alias).select_for_update()}
    for row in rows:
        row.mark()
        there = stored.pop(row.key, None)
        if there is None:
            yield Change(kind="added", row=row)
        elif there.content == row.content:
            if not there.untouched:  # edited, and back to what the file says
                yield Change(kind="changed", row=_like(there, row))
        else:
            yield Change(kind="changed", row=_like(there, row)) if there.untouched else Change(kind="kept", row=there)
    yield from (Change(kind="removed", row=row) for row in stored.values() if row.untouched)


def _like(there: CatalogueRow, row: CatalogueRow) -> CatalogueRow:
    row.pk, row._state.adding = there.pk, False
    return row


def _carry_out(changes: Sequence[Change], alias: str) -> None:
    """One statement a table and kind: each makes a version."""
    for table in TABLES:
        objects = table._default_manager.using(alias)
        objects.bulk_create(_rows(changes, table, "added"))
        objects.bulk_update(_rows(changes, table, "changed"), [*_columns(table), "fingerprint"])
    for table in reversed(TABLES):
        gone = [row.pk for row in _rows(changes, table, "removed")]
        unused = {"models": None} if table is LLMProvider else {}  # an edited model keeps its provider
        table._default_manager.using(alias).filter(pk__in=gone, **unused).delete()


def _columns(table: type[CatalogueRow]) -> list[str]:
    return [table._meta.get_field(name.removesuffix("_id")).name for name in table.CONTENT]


def _rows(changes: Sequence[Change], table: type[CatalogueRow], kind: str) -> list[CatalogueRow]:
    return [change.row for change in changes if change.kind == kind and type(change.row) is table]
