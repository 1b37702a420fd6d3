"""The parent: starts the child, listens to it, and ends it whatever happens."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

from django.conf import settings

from documents.errors import ExtractionFailed
from documents.extraction.limits import Limits

Progress = Callable[[int, int], None]
"""Pages that are done, and of how many."""

HOME = Path(__file__).resolve().parents[2]
STEP = 64 * 1024
MEGABYTE = 1024 * 1024
BYTES_A_CHARACTER = 12  # as JSON writes what lies beyond the first 65,536
# What a Python that is not the system's may need to be found and to find its libraries.
KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT")
TOO_MUCH = "Reading it takes more memory than is given (LINTEL_EXTRACTION_MEMORY_MB)."
TOO_SLOW = "Reading it takes longer than is given (LINTEL_EXTRACTION_SECONDS)."


def limits_of_settings() -> Limits:
    return Limits(
        pages=settings.LINTEL_DOCUMENT_PAGES,
        characters=settings.LINTEL_DOCUMENT_CHARACTERS,
        ratio=settings.LINTEL_DOCUMENT_RATIO,
        memory=settings.LINTEL_EXTRACTION_MEMORY_MB * MEGABYTE,
        seconds=settings.LINTEL_EXTRACTION_SECONDS,
    )


def extract(data: bytes, content_type: str, *, limits: Limits | None = None, progress: Progress | None = None) -> str:
    """The text of a file, as Markdown where its kind has a structure. Raises ExtractionFailed.

    Nothing but the file's own failure comes of a hostile file: the child has bounded memory and time.
    """
    bounds = limits or limits_of_settings()
    with started(content_type, bounds) as child:
        Thread(target=_hand_over, args=(child, data), daemon=True).start()
        for message in _messages(child, bounds):
            if "text" in message:
                return str(message["text"])
            if "failed" in message:
                raise ExtractionFailed(message["failed"], message["sentence"])
            if progress is not None:
                progress(message["done"], message["of"])
        raise _died(child.wait())


@contextmanager
def started(content_type: str, limits: Limits) -> Iterator[subprocess.Popen[bytes]]:
    """With nothing of our environment; its Python listens to no variables either."""
    command = [sys.executable, "-E", "-s", "-B", "-X", "utf8", "-m", "documents.extraction"]
    child = subprocess.Popen(
        [*command, content_type, limits.as_argument()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=HOME,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        assert child.stdout is not None  # noqa: S101 - it was asked for above
        child.stdout.close()


def _hand_over(child: subprocess.Popen[bytes], data: bytes) -> None:
    """In a thread: a child that talks before it has read everything must not wait for us, nor we for it."""
    try:
        with child.stdin:  # type: ignore[union-attr]  # it was asked for
            child.stdin.write(data)  # type: ignore[union-attr]
    except OSError:  # it has ended, and said why
        pass


def _messages(child: subprocess.Popen[bytes], limits: Limits) -> Iterator[dict[str, Any]]:
    """Its lines until it ends; raises ExtractionFailed where it takes too long or says too much."""
    until, said, rest = monotonic() + limits.clock_seconds, 0, bytearray()
    most = limits.characters * BYTES_A_CHARACTER + MEGABYTE
    while step := _read(child, until):
        said += len(step)
        if said > most:
            raise ExtractionFailed("unreadable", "It is damaged, or not what it begins as.")
        *lines, tail = step.split(b"\n")
        for line in lines:
            yield json.loads(rest + line)
            rest.clear()
        rest += tail


def _read(child: subprocess.Popen[bytes], until: float) -> bytes:
    """What it has said meanwhile; nothing at its end."""
    assert child.stdout is not None  # noqa: S101 - it was asked for
    ready, _, _ = select.select([child.stdout], [], [], max(0.0, until - monotonic()))
    if not ready:
        raise ExtractionFailed("too_slow", TOO_SLOW)
    return os.read(child.stdout.fileno(), STEP)


def _died(code: int) -> ExtractionFailed:
    """It ended without a word: by the kernel's hand."""
    if code in {-signal.SIGKILL, -signal.SIGXCPU}:  # of its limit of time
        return ExtractionFailed("too_slow", TOO_SLOW)
    return ExtractionFailed("too_complex", TOO_MUCH)
