"""Whether a viewer may see few passages, as it was within the last minute: counting them takes longer than a search.

It decides how is searched, not what is found. Who sees much more than a minute ago is answered exactly a little longer;
and where the graph gives too few to somebody who sees much less, all are compared after all.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ai.rag.store import Viewer

SECONDS = 60.0
MOST = 10_000  # viewers
NEVER = (-math.inf, False)

Question = tuple[int, int, Viewer]
"""Of which set, how many are few, and for whom."""

_known: dict[Question, tuple[float, bool]] = {}


def known(question: Question, find: Callable[[], bool]) -> bool:
    asked, few = _known.get(question, NEVER)
    if time.monotonic() - asked < SECONDS:
        return few
    if len(_known) >= MOST:
        _known.clear()
    few = find()
    _known[question] = (time.monotonic(), few)
    return few
