"""Where the AI core meets those whom it does not know."""

from __future__ import annotations

from ai import meter
from requests_app.metering import LedgerMeter


def wire() -> None:
    """Calls outside of requests are paid for from the budgets of requests."""
    meter.install(LedgerMeter())
