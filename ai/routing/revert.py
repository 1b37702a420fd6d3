"""Back to an earlier version of the catalogue, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ai.routing.publish import TABLES
from ai.routing.tables import CatalogueRow, CatalogueVersion, LLMModel, LLMProvider, ModelRoute, editing

PLACES: Mapping[type[CatalogueRow], str] = dict(zip(TABLES, ("providers", "models", "routes", "tiers"), strict=True))

Row = Mapping[str, Any]


def put_back(version: CatalogueVersion, *, by: str) -> None:
    """Give every row the content it had then. What came later goes; what was there and is equal is left alone.

    What this changes counts as edited: the next release leaves it as it is.
    """
    with editing(by):
        for table, place in PLACES.items():
            _restore(table, version.content[place])
        for table in (ModelRoute, LLMModel, LLMProvider):  # what is pointed to goes last
            table._default_manager.exclude(pk__in=[row["id"] for row in version.content[PLACES[table]]]).delete()


def _restore(table: type[CatalogueRow], rows: list[Row]) -> None:
    stored = {str(row.id): row for row in table._default_manager.select_for_update()}
    for row in rows:
        then = table(id=row["id"], **{name: row[name] for name in (*table.KEY, *table.CONTENT) if name in row})
        now = stored.get(row["id"])
        if now is None or now.content != then.content:
            then.save(force_insert=now is None, force_update=now is not None)


def differences(before: Mapping[str, list[Row]], after: Mapping[str, list[Row]]) -> Iterator[str]:
    """A line for each row that came, went or changed: which, and each field's old and new value."""
    for table, place in PLACES.items():
        old = {row["id"]: row for row in before.get(place, [])}
        new = {row["id"]: row for row in after.get(place, [])}
        for identity in sorted(old.keys() | new.keys()):
            yield from _difference(table, old.get(identity), new.get(identity))


def _difference(table: type[CatalogueRow], old: Row | None, new: Row | None) -> Iterator[str]:
    name = f"{table._meta.verbose_name} {'/'.join(_said(table, old or new or {}))}"
    if old is None:
        yield f"+ {name}"
    elif new is None:
        yield f"- {name}"
    else:
        for field in table.CONTENT:
            if old.get(field) != new.get(field):
                yield f"{name}, {field}: {old.get(field)} → {new.get(field)}"


def _said(table: type[CatalogueRow], row: Row) -> Iterator[str]:
    yield from (str(row[name]) for name in table.KEY if row.get(name) is not None)
