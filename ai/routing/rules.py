"""What a row of the catalogue must say, for whoever edits one: the file's own rules, told field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import AfterValidator, TypeAdapter, ValidationError

from ai.providers.registry import is_known
from ai.routing.current import is_allowed
from ai.routing.entries import PriceEntry, in_order
from ai.routing.file import ROUTE_TIERS

PRICES: TypeAdapter[tuple[PriceEntry, ...]] = TypeAdapter(Annotated[tuple[PriceEntry, ...], AfterValidator(in_order)])

Problem = tuple[str, str]  # field, and what is wrong with it


def provider_problems(*, kind: str, base_url: str, names: dict[str, str]) -> Iterator[Problem]:
    """``names`` are settings, by the field that names each."""
    if not is_known(kind):
        known = ", ".join(settings.LINTEL_PROVIDERS)
        yield "kind", _("LINTEL_PROVIDERS names no module for it; there are %(known)s.") % {"known": known}
    if base_url and not is_allowed(base_url):
        yield "base_url", _("LINTEL_BASE_URLS does not allow this address.")
    for field, name in names.items():
        if name and not hasattr(settings, name):
            yield field, _("There is no setting of that name.")


def price_problems(prices: Any, *, unpriced: bool) -> Iterator[Problem]:
    yield from _misfits("prices", PRICES, prices)
    if prices and unpriced:
        yield "unpriced", _("It has prices.")


def tier_problems(tiers: Any) -> Iterator[Problem]:
    yield from _misfits("tiers", ROUTE_TIERS, tiers)


def _misfits(field: str, form: TypeAdapter[Any], value: Any) -> Iterator[Problem]:
    try:
        form.validate_python(value)
    except ValidationError as misfit:
        first = misfit.errors()[0]
        place = ".".join(map(str, first["loc"]))
        yield field, f"{place}: {first['msg']}" if place else first["msg"]
