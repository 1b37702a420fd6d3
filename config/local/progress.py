"""Run uv with its progress bars and without its lists of packages. Runs on Python 3.8 and later, standard library."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence

HIDDEN = (
    *(
        b" + ",
        b" - ",
        b" ~ ",
        b"Resolved ",
        b"Prepared ",
        b"Installed ",
        b"Uninstalled ",
        b"Audited ",
        b"Bytecode compiled ",
    ),
    *(b"Using CPython ", b"Using Python "),
)
LINE_BEGINS_AFTER = (b"\n", b"\x1b[2K")
PIECE = re.compile(rb".*?(?:\n|\x1b\[2K)|.+", re.DOTALL)
TORN_CODE = re.compile(rb"\x1b(?:\[2?)?$")


def run_uv(
    command: Sequence[str], environment: Mapping[str, str], idle: Callable[[], None], every: float = 10.0
) -> int:
    """Return its exit code; call ``idle`` after each ``every`` seconds in which it said nothing."""
    with _shown_end() as (ours, theirs):
        process = subprocess.Popen(
            command, env={**environment, "NO_COLOR": "1"}, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        try:
            for part in without_lists(_parts(ours, idle, every)):
                sys.stderr.buffer.write(part)
                sys.stderr.flush()
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def without_lists(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Hand on what is written, as soon as it is certain not to begin a line of a list."""
    held, fresh = b"", True
    for part in parts:
        pieces = PIECE.findall(held + part)
        held = pieces.pop() if pieces and _is_unsure(pieces[-1], fresh=fresh or len(pieces) > 1) else b""
        for piece in pieces:
            if not (fresh and piece.startswith(HIDDEN) and piece.endswith(b"\n")):
                yield piece
            fresh = piece.endswith(LINE_BEGINS_AFTER)
    yield held


def _is_unsure(piece: bytes, *, fresh: bool) -> bool:
    """Whether this end of what was written so far may yet turn out to be hidden."""
    if piece.endswith(LINE_BEGINS_AFTER):
        return False
    listed = fresh and any(words.startswith(piece) or piece.startswith(words) for words in HIDDEN)
    return listed or TORN_CODE.search(piece) is not None


@contextlib.contextmanager
def _shown_end() -> Iterator[tuple[int, int]]:
    """Our end and its end: a terminal of the same size where we have one, so that it draws; else a pipe."""
    if sys.stderr.isatty():
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, fcntl.ioctl(sys.stderr, termios.TIOCGWINSZ, b"\0" * 8))
    else:
        ours, theirs = os.pipe()
    try:
        yield ours, theirs
    finally:
        os.close(ours)


def _parts(source: int, idle: Callable[[], None], every: float) -> Iterator[bytes]:
    while True:
        readable, _, _ = select.select([source], [], [], every)
        if not readable:
            idle()
            continue
        part = _read(source)
        if not part:
            return
        yield part


def _read(source: int) -> bytes:
    try:
        return os.read(source, 65536)
    except OSError:  # Linux says so at the end of a terminal
        return b""
