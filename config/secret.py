"""A value that nobody sees by accident."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG

LARGEST_FILE = 64 * 2**10  # bytes

Stamp = tuple[int, int, int]


class Secret:
    """Call it for its value; whatever else prints it prints its name.

    One that stands in a file is read again when the file changes. While a new one is being put in its place the file
    may be away, empty or something else: the last value stands until there is another that can be one.
    """

    def __init__(self, name: str, value: str, *, file: Path | None = None) -> None:
        self._name = name
        self._value = value
        self._file = file
        self._stamp = _stamp(file)

    def __call__(self) -> str:
        stamp = _stamp(self._file)
        if self._file is not None and stamp not in (None, self._stamp) and (value := _content(self._file)):
            self._stamp, self._value = stamp, value
        return self._value

    def __repr__(self) -> str:
        return f"<Secret {self._name}>"


def presentable(value: str) -> bool:
    """Whether it can stand in a header, as keys do: a mark of the byte order cannot, nor can two lines."""
    return value.isascii() and value.isprintable()


def _content(file: Path) -> str:
    try:
        value = file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return value if presentable(value) else ""


def _stamp(file: Path | None) -> Stamp | None:
    """Another whenever the file is written, or one put in its place; None for what is no file of a sensible size.

    A pipe would be waited for, and with it all streams of a worker.
    """
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    if found is None or not S_ISREG(found.st_mode) or found.st_size > LARGEST_FILE:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
