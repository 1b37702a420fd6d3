"""A hostile file is an error of that file: whoever reads it lives on, in bounded memory, and reads the next."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import django
import pytest
from pytest_django import Settings

from config.env import ROOT
from documents import fields, kinds
from documents.errors import DocumentError, ExtractionFailed
from documents.extraction.extract import extract, started
from documents.extraction.limits import Limits
from tests.integration.documents.hostile import FILES, harmless, small_pdf

KILOBYTE = 1024
MEGABYTE = KILOBYTE * KILOBYTE
LIMITS = Limits(pages=2000, characters=3_000_000, ratio=100, memory=512 * MEGABYTE, seconds=6)
PARENT_GROWS = 200 * MEGABYTE


class Read(NamedTuple):
    """What became of a file, and the bytes that reading it took: more in the parent, at most in any child so far."""

    code: str | None
    parent_grew: int
    child_peak: int


@pytest.fixture(scope="module")
def reader() -> Iterator[ProcessPoolExecutor]:
    """A small parent: until it is a program of its own, a child is as large in the system's books as who began it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=django.setup) as pool:
        yield pool


def read(name: str, data: bytes) -> Read:
    before = memory_now()
    code = outcome(name, data)
    return Read(code, memory_now() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KILOBYTE)


def outcome(name: str, data: bytes) -> str | None:
    """The code with which it ended; None for a text."""
    try:
        content = fields.of_file(name, data)
        extract(content.data, content.content_type, limits=LIMITS)
    except (DocumentError, ExtractionFailed) as failed:
        return failed.code if str(failed) else "nobody is told why"
    return None


def memory_now() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(("name", "make", "codes"), FILES.values(), ids=FILES)
def test_hostile_file_ends_as_its_own_failure(
    reader: ProcessPoolExecutor, name: str, make: Callable[[], bytes], codes: set[str | None]
) -> None:
    hostile = reader.submit(read, name, make()).result()
    assert hostile.code in codes
    assert hostile.parent_grew < PARENT_GROWS
    assert hostile.child_peak < LIMITS.memory
    assert extract(harmless(), fields.of_file("b", harmless()).content_type, limits=LIMITS) == "A quiet sentence."


@pytest.mark.skipif(sys.platform == "darwin", reason="it has the limit, and does not keep it")
def test_a_file_that_takes_more_memory_than_is_given_is_too_complex(settings: Settings) -> None:
    large = b"A quiet sentence. " * (60 * MEGABYTE // 18)
    settings.LINTEL_DOCUMENT_CHARACTERS = len(large)
    settings.LINTEL_EXTRACTION_SECONDS = 60  # a machine with much to do is no reason
    settings.LINTEL_EXTRACTION_MEMORY_MB = 1024
    assert len(extract(large, kinds.TEXT)) == len(large.strip())
    settings.LINTEL_EXTRACTION_MEMORY_MB = 128
    with pytest.raises(ExtractionFailed) as failed:
        extract(large, kinds.TEXT)
    assert failed.value.code == "too_complex"


def test_a_pdf_is_read() -> None:
    assert extract(small_pdf("Elsinore"), "application/pdf", limits=LIMITS) == "Elsinore"


def test_the_child_has_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system knows it, while it waits for its file."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    with started("text/plain", LIMITS) as child:
        assert b"DATABASE" not in Path(f"/proc/{child.pid}/environ").read_bytes()


def test_the_child_knows_no_settings() -> None:
    for file in (ROOT / "documents" / "extraction").glob("*.py"):
        if file.name != "extract.py":
            assert "django" not in file.read_text(encoding="utf-8"), file
