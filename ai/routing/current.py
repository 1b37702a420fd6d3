"""The catalogue of now, and those that waiting requests were accepted under: each is read once a process.

Every change of the tables makes a new version in its own commit (``ai.routing.tables``), so one cheap look at the
newest number is enough for an edit to hold everywhere from the next request on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from pydantic import ValidationError

from ai.errors import ConfigurationError
from ai.routing.entries import Entry, ModelEntry, ProviderEntry
from ai.routing.file import ROUTE_TIERS, from_file, load
from ai.routing.snapshot import Catalogue, Route, Scope

NEWEST_VERSION = "SELECT max(number) FROM ai_catalogueversion"
CONTENT = "SELECT content::text FROM ai_catalogueversion WHERE number = %s"

log = logging.getLogger(__name__)

Row = Mapping[str, Any]
E = TypeVar("E", bound=Entry)


def current() -> Catalogue:
    """One query; a further one where this process has not seen that version."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST_VERSION)
        [number] = cursor.fetchone()
    return catalogue_at(number)


def catalogue_at(number: int | None) -> Catalogue:
    """A version as it was. Where the tables hold no route, the file counts."""
    stored = None if number is None else _stored(number)
    return stored if stored is not None and stored.routes else from_file()


def is_allowed(base_url: str) -> bool:
    """Where keys may be sent: an address of LINTEL_BASE_URLS or of the file. The rows alone name none."""
    if base_url in settings.LINTEL_BASE_URLS:
        return True
    try:
        return base_url in {entry.base_url for entry in load().providers.values()}
    except ConfigurationError:
        return False


@lru_cache(maxsize=64)
def _stored(number: int) -> Catalogue:
    with connection.cursor() as cursor:
        cursor.execute(CONTENT, [number])
        found = cursor.fetchone()
    if found is None:
        raise ConfigurationError(f"There is no version {number} of the catalogue.")
    return catalogue_of(json.loads(found[0]), version=number)


def catalogue_of(content: Mapping[str, list[Row]], *, version: int) -> Catalogue:
    """What can be used of the rows: whatever is turned off, or hangs on nothing, is left out."""
    providers = _entries(ProviderEntry, content["providers"])
    providers = {name: entry for name, entry in providers.items() if _may_be_called(name, entry)}
    models = _entries(ModelEntry, [{**row, "provider": row["provider_id"]} for row in content["models"]])
    models = {name: entry for name, entry in models.items() if entry.provider in providers}
    routes = {route.scope: route for row in content["routes"] if (route := _route(row))}
    return Catalogue(
        providers=providers,
        models=models,
        routes=routes,
        levels={row["tier"]: row["quality_level"] for row in content["tiers"]},
        sizes=tuple(sorted({route.size for route in routes.values() if route.size})),
        version=version,
    )


def _entries(kind: type[E], rows: list[Row]) -> dict[str, E]:
    """A row that says nonsense is nobody's: it may have been written by SQL."""
    found = {}
    for row in filter(_is_on, rows):
        try:
            found[row["name"]] = entry_of(kind, row)
        except ValidationError as error:
            _leave_out(row["name"], error)
    return found


def entry_of(kind: type[E], row: Row) -> E:
    """Columns that are empty are not said."""
    return kind.model_validate({name: row[name] for name in kind.model_fields if row.get(name) not in (None, "", [])})


def _route(row: Row) -> Route | None:
    scope: Scope = (row["action"], row["quality_level"], row["priority"])
    try:
        tiers = ROUTE_TIERS.validate_python(row["tiers"])
    except ValidationError as error:
        _leave_out(scope, error)
        return None
    return Route(scope=scope, tiers=tiers, size=row["size"]) if _is_on(row) else None


def _leave_out(what: object, error: ValidationError) -> None:
    log.error("The catalogue's row %s is left out: %s", what, error.errors()[0]["msg"])


def _is_on(row: Row) -> bool:
    return bool(row["enabled"])


def _may_be_called(name: str, entry: ProviderEntry) -> bool:
    if entry.base_url is None or is_allowed(entry.base_url):
        return True
    log.error("The provider %s is left out: LINTEL_BASE_URLS does not allow its address.", name)
    return False
