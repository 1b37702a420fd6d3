"""The meter of calls outside of requests: held for and settled by the same ledger."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from ai.meter import Account, Cover
from ai.tracking import LLMUsageLog
from requests_app import ledger
from requests_app.budgets import Amount


class LedgerMeter:
    """A hold that its process left behind is closed by the sweep, like those of requests."""

    def hold(self, account: Account, cover: Cover) -> None:
        expires = timezone.now() + timedelta(seconds=account.expires_s)
        with transaction.atomic():
            ledger.hold_for(
                account.reference, _most(cover), user_id=account.subject, team_id=account.scope, expires=expires
            )

    def top_up(self, account: Account, cover: Cover) -> None:
        with transaction.atomic():
            ledger.top_up(account.reference, _most(cover))

    def settle(self, account: Account, used: LLMUsageLog) -> None:
        ledger.book(account.reference, Amount(tokens=used.tokens, usd=used.cost_usd))

    def close(self, account: Account) -> None:
        ledger.close(account.reference)


def _most(cover: Cover) -> Amount:
    return ledger.most_of([cover.model], input_tokens=cover.input_tokens, output_tokens=cover.output_tokens)
