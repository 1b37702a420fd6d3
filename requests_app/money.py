from __future__ import annotations

from decimal import Decimal


def usd(amount: Decimal | None) -> str | None:
    """US dollars as clients see them: a plain decimal string without needless zeros; None is unknown."""
    return None if amount is None else f"{amount.normalize():f}"
