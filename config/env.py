"""The only reader of the environment. A bad value stops the start and names itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import overload
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

from config.secret import Secret, presentable

ROOT = Path(__file__).resolve().parent.parent
environ.Env.read_env(ROOT / ".env", overwrite=False)


def adopt_running_stack() -> None:
    """Let a command that is typed by hand find the servers of a running `make run`; what is set already stays."""
    note = path("LINTEL_HOME", ROOT / ".local") / "environment"
    if note.exists():
        environ.Env.read_env(note, overwrite=False)


def text(name: str, default: str | None = None) -> str:
    """A required string, unless a default is given."""
    value = optional(name)
    if value is not None:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set; .env.example describes it.")
    return default


def optional(name: str) -> str | None:
    """The stripped value, or what the file named by NAME_FILE holds; None where both are unset or empty."""
    value, file = _raw(name), _raw(f"{name}_FILE")
    if value and file:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set.")
    return (_content(name, file) if file else value) or None


def _raw(name: str) -> str:
    """As it stands: the library would take `$NAME` for the name of another variable, and a password may begin so."""
    return os.environ.get(name, "").strip()


def _content(name: str, file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ImproperlyConfigured(f"{name}_FILE={file!r} cannot be read ({type(problem).__name__}).") from None


def secret(name: str) -> Secret | None:
    """Like `optional`, for what must not be seen and may change in its file while we run."""
    value = optional(name)
    file = _raw(f"{name}_FILE")
    if value and not presentable(value):
        raise ImproperlyConfigured(f"{name} holds a character that no key has; a line break or a byte order mark, say.")
    return Secret(name, value, file=Path(file) if file else None) if value else None


def integer(name: str, default: int, *, least: int = 0) -> int:
    return int(_number(name, str(default), least=least, kind=int))


def seconds(name: str, default: float, *, least: float = 0.0) -> float:
    return float(_number(name, str(default), least=least, kind=float))


def cosine(name: str) -> float | None:
    if not text(name, ""):
        return None
    value = float(_number(name, "", least=-1, kind=float))
    if value > 1:
        raise ImproperlyConfigured(f"{name}={value!r} is more than 1.")
    return value


def flag(name: str, *, default: bool) -> bool:
    value = text(name, str(default)).lower()
    if value not in {"true", "1", "yes", "on", "false", "0", "no", "off"}:
        raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false.")
    return value in {"true", "1", "yes", "on"}


def one_of(name: str, default: str, *others: str) -> str:
    """One of a few words."""
    value = text(name, default)
    if value not in (default, *others):
        raise ImproperlyConfigured(f"{name}={value!r} is none of {', '.join((default, *others))}.")
    return value


def time_zone(name: str, default: str) -> str:
    """A name of the IANA database; the database server is asked with it too."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(f"{name}={value!r} is no time zone; one is Europe/Berlin.") from None
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in (optional(name) or default).split(",") if word.strip()]


def url(name: str, *schemes: str, default: str | None = None) -> str | None:
    """An absolute URL of one of the schemes, or None."""
    value = optional(name) or default
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as problem:
        raise ImproperlyConfigured(f"{name} is not a URL: {problem}.") from None
    if parts.scheme not in schemes or not (parts.netloc or parts.path):
        raise ImproperlyConfigured(f"{name} must be a URL that begins with {' or '.join(s + '://' for s in schemes)}.")
    return value


@overload
def path(name: str, default: Path) -> Path: ...


@overload
def path(name: str, default: None) -> Path | None: ...


def path(name: str, default: Path | None) -> Path | None:
    value = optional(name)
    return Path(value).expanduser().resolve() if value else default


def database(name: str) -> dict[str, object] | None:
    """A Django DATABASES entry for PostgreSQL, or None where the variable is unset."""
    value = url(name, "postgres", "postgresql")
    if value is None:
        return None
    entry = dict(environ.Env.db_url_config(value))
    if not entry.get("NAME"):
        raise ImproperlyConfigured(f"{name} names no database.")
    return entry


def mail(name: str, *, otherwise: str) -> dict[str, object]:
    """Django's EMAIL_ settings of a mail server's address; where there is none, another of Django's backends."""
    value = url(name, "smtp", "smtp+tls", "smtp+ssl")
    if value is None:
        return {"EMAIL_BACKEND": f"django.core.mail.backends.{otherwise}.EmailBackend"}
    found = dict(environ.Env.email_url_config(value))
    if not found["EMAIL_HOST"]:
        raise ImproperlyConfigured(f"{name} names no host.")
    return {key: each for key, each in found.items() if each}


def _number(name: str, default: str, *, least: float, kind: type[int] | type[float]) -> float:
    value = text(name, default)
    try:
        number = kind(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a number.") from None
    if not number >= least:
        raise ImproperlyConfigured(f"{name}={value!r} is less than {least:g}.")
    return number
