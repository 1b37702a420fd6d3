"""What budgets, windows and holds should be, said a second time without a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from requests_app.budgets import Amount

ZERO = Decimal(0)


@dataclass(eq=False)
class Window:
    used: Decimal = ZERO
    held: Decimal = ZERO
    announced: int = 0

    @property
    def figures(self) -> tuple[Decimal, Decimal, int]:
        return self.used, self.held, self.announced


@dataclass(eq=False)
class Budget:
    """``windows`` by the period they are for: 0 is now, 1 is to come. ``most`` is the limit that holds."""

    owner: str
    measure: str
    period: str
    limit: Decimal | None
    default: Decimal | None = None
    windows: dict[int, Window] = field(default_factory=dict)

    @property
    def most(self) -> Decimal | None:
        return self.default if self.limit is None else self.limit

    def share_of_now(self) -> Share:
        return Share(budget=self, window=self.windows.setdefault(0, Window()))

    def advance(self) -> None:
        self.windows = {number - 1: window for number, window in self.windows.items()}

    def open_coming(self) -> bool:
        """As for a budget whose last window is that of now, and has seen some use."""
        now = self.windows.get(0)
        if now is None or 1 in self.windows or not (now.used or now.held):
            return False
        self.windows[1] = Window()
        return True


@dataclass(eq=False)
class Share:
    budget: Budget
    window: Window
    held: Decimal = ZERO

    def room_for(self, used: Amount, cover: Amount) -> bool:
        spent, wanted = self._spent(used), cover.of(self.budget.measure)
        if self.budget.most is None or wanted is None or wanted <= self._left(spent):
            return True
        others = self.window.held - self.held
        return self.window.used + spent + others + wanted <= self.budget.most

    def book(self, used: Amount) -> None:
        spent = self._spent(used)
        self.window.used += spent
        self._hold(self._left(spent))
        self._announce()

    def cover(self, cover: Amount) -> None:
        wanted = cover.of(self.budget.measure)
        self._hold(max(self.held, wanted or ZERO))

    def close(self) -> None:
        self._hold(ZERO)

    def _spent(self, used: Amount) -> Decimal:
        """An unknown price takes all that was held."""
        spent = used.of(self.budget.measure)
        return self.held if spent is None else spent

    def _left(self, spent: Decimal) -> Decimal:
        """A correction downwards gives money back, and holds nothing again."""
        return max(self.held - max(spent, ZERO), ZERO)

    def _hold(self, held: Decimal) -> None:
        self.window.held += held - self.held
        self.held = held

    def _announce(self) -> None:
        most = self.budget.most
        for percent in (80, 100):
            if most is not None and self.window.used * 100 >= most * percent:
                self.window.announced = max(self.window.announced, percent)


def full(shares: Iterable[Share], *, used: Amount, cover: Amount) -> Iterator[Budget]:
    """Budgets that have no room for the cover."""
    return (share.budget for share in shares if not share.room_for(used, cover))
