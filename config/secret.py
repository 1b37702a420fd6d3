"""A value that nobody sees by accident."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[int, int, int]


class Secret:
    """Call it for its value; whatever else prints it prints its name.

    One that stands in a file is read again when the file changes. While a new one is being put in its place the file
    may be away or empty: the last value stands until there is another.
    """

    def __init__(self, name: str, value: str, *, file: Path | None = None) -> None:
        self._name = name
        self._value = value
        self._file = file
        self._stamp = _stamp(file)

    def __call__(self) -> str:
        stamp = _stamp(self._file)
        if self._file is not None and stamp != self._stamp and (value := _content(self._file)):
            self._stamp, self._value = stamp, value
        return self._value

    def __repr__(self) -> str:
        return f"<Secret {self._name}>"


def _content(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _stamp(file: Path | None) -> Stamp | None:
    """Another whenever the file is written, or one put in its place."""
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino, found.st_size) if found else None
