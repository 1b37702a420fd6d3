"""Log lines that may hold an exception's words, without what a database quotes in them."""

from __future__ import annotations

import logging
import re

# PostgreSQL repeats a failing row, and with it prompts and answers, after this word.
DETAIL = re.compile(r"DETAIL:.*?(?=\n\nThe above exception|\n\nDuring handling|\Z)", re.DOTALL)


class Formatter(logging.Formatter):
    """The usual one; DETAIL of database errors is cut, in messages and tracebacks alike."""

    def format(self, record: logging.LogRecord) -> str:
        return DETAIL.sub("DETAIL: (left out)", super().format(record))
