"""Log lines, plain or JSON: whose work, where, what; and never what people or models wrote.

An exception's own words may hold anything: a prompt that a database refused, an answer that did not fit, a header. So
only its type and its place in the code are told, except of kinds that speak of code, files and connections. With
Django's DEBUG on, all is told.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError
from psycopg import OperationalError as PostgresError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from requests_app.context import carried

# PostgreSQL repeats a failing row, and with it prompts and answers, after this word.
DETAIL = re.compile(r"DETAIL:.*?(?=\n\nThe above exception|\n\nDuring handling|\Z)", re.DOTALL)
LEFT_OUT = "(its words are left out)"

# These quote names of code, files and servers, not what was sent; the first line alone, as DETAIL comes later.
SPOKEN = (
    AttributeError,
    ImportError,
    ImproperlyConfigured,
    InterfaceError,
    NameError,
    OSError,
    OperationalError,
    PostgresError,
    RedisConnectionError,
    RedisTimeoutError,
    TypeError,
)
CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# Celery's name of this worker, which its children inherit.
worker_name = ""


def name_worker(name: str) -> None:
    global worker_name
    worker_name = name


class Formatter(logging.Formatter):
    """The usual one, without foreign words in messages and tracebacks."""

    def __init__(self, *args: Any, all_words: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._all_words = all_words

    def format(self, record: logging.LogRecord) -> str:
        shown = logging.makeLogRecord(vars(record))
        shown.msg, shown.args = self.words(record), None
        shown.exc_text = None
        return super().format(shown)

    def words(self, record: logging.LogRecord) -> str:
        """The message; what Django says of a refused call names its route, for paths may hold secrets."""
        if self._all_words:
            return record.getMessage()
        if hasattr(record, "status_code") and record.name.startswith("django."):
            return _refusal(record)
        text = _message(record)
        if record.name.startswith("celery."):
            text = text.partition("\n")[0]  # behind it stands the body of a message that it does not understand
        for problem in _chain(record.exc_info[1] if record.exc_info else None):
            text = _without(text, problem)
        return DETAIL.sub("DETAIL: (left out)", text)

    def formatException(self, ei: ExcInfo) -> str:
        if self._all_words or ei[1] is None:
            return super().formatException(ei)
        return "".join(_told(ei[1], set())).rstrip("\n")


class JSONFormatter(Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.words(record),
            "process": record.process,
            **({"worker": worker_name} if worker_name else {}),
            **carried(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, default=str, ensure_ascii=False)


def configuration(form: str, *, all_words: bool = False) -> dict[str, Any]:
    """Django's LOGGING: everything, the servers' own lines too, to standard error, all "plain" or all "json"."""
    plain = "%(asctime)s %(levelname)s %(name)s %(message)s"
    formatters = {
        "plain": {"()": "config.logs.Formatter", "format": plain, "all_words": all_words},
        "json": {"()": "config.logs.JSONFormatter", "all_words": all_words},
    }
    quiet = {name: {"level": "WARNING"} for name in ("httpx2", "httpcore2", "openai", "anthropic")}
    # The web servers have made their loggers by now: those handlers go, and what they say comes here.
    servers = {
        name: {"level": "WARNING", "handlers": [], "propagate": True}
        for name in ("uvicorn", "uvicorn.access", "_granian", "granian.access")
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            **quiet,
            **servers,
            # Its own handlers go too; that a call was refused is said by the access line.
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
            "opentelemetry.util.re": {"level": "ERROR"},  # its warnings repeat a header of ours that it cannot read
        },
    }


def log_dying_threads() -> None:
    """What ends a thread is a log line, not a traceback printed past the formatter."""
    threading.excepthook = _thread_died


def _thread_died(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        name = args.thread.name if args.thread else "a thread"
        info = (args.exc_type, args.exc_value, args.exc_traceback)
        logging.getLogger(__name__).critical("thread %s died", name, exc_info=info)


def _message(record: logging.LogRecord) -> str:
    """As the record would say it, but exceptions among its arguments are told as above."""
    if isinstance(record.msg, BaseException):
        return _name(record.msg)
    if not record.args:
        return str(record.msg)
    if isinstance(record.args, Mapping):
        return str(record.msg) % {key: _argument(value) for key, value in record.args.items()}
    return str(record.msg) % tuple(_argument(value) for value in record.args)


def _argument(value: object) -> object:
    return _name(value) if isinstance(value, BaseException) else value


def _without(text: str, problem: BaseException) -> str:
    """Who logs an exception often puts its words into the message as well."""
    if isinstance(problem, SPOKEN):
        return text
    for quoted in (repr(problem), str(problem)):
        text = text.replace(quoted, _name(problem)) if quoted else text
    return text


def _refusal(record: logging.LogRecord) -> str:
    request: Any = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    reason = ""
    if record.name == "django.security.csrf" and isinstance(record.args, tuple) and record.args:
        reason = f" ({str(record.args[0]).partition(' - ')[0]})"  # after the dash stands a header
    kind = f" {record.name.rpartition('.')[2]}" if record.name.startswith("django.security.") else ""
    return f"{vars(record)['status_code']}{kind}{reason} at {match.route if match else 'no route'}"


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        yield problem
        seen.add(id(problem))
        problem = problem.__cause__ or problem.__context__


def _told(problem: BaseException, seen: set[int]) -> Iterator[str]:
    """The traceback as Python prints it, causes first."""
    seen.add(id(problem))
    if problem.__cause__ is not None and id(problem.__cause__) not in seen:
        yield from _told(problem.__cause__, seen)
        yield CAUSE
    elif problem.__context__ is not None and not problem.__suppress_context__ and id(problem.__context__) not in seen:
        yield from _told(problem.__context__, seen)
        yield CONTEXT
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(problem.__traceback__)
    yield f"{_name(problem)}\n"


def _name(problem: BaseException) -> str:
    kind = type(problem)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if not isinstance(problem, SPOKEN):
        return f"{name} {LEFT_OUT}"
    return ": ".join([name, *str(problem).splitlines()[:1]])
