"""What can be wrong with the catalogue, said at start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from ai.errors import ConfigurationError
from ai.providers.registry import is_known
from ai.routing.catalogue import ProviderEntry, load


@register()
def check_catalogue(**_: Any) -> list[CheckMessage]:
    try:
        providers = load().providers
    except ConfigurationError as error:
        return [Error(problem, id="ai.E101") for problem in str(error).splitlines()]
    return [message for name, entry in providers.items() for message in _check_provider(name, entry)]


def _check_provider(name: str, entry: ProviderEntry) -> Iterator[CheckMessage]:
    where = f"{settings.LINTEL_CATALOGUE}: providers.{name}"
    if not is_known(entry.kind):
        yield Error(f"{where}.kind: LINTEL_PROVIDERS names no module for {entry.kind!r}", id="ai.E102")
    for key in ("base_url_setting", "api_key_setting"):
        setting = getattr(entry, key)
        if setting is not None and not hasattr(settings, setting):
            yield Error(f"{where}.{key}: there is no setting {setting}", id="ai.E103")
