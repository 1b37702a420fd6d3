"""A hostile file is an error of that file: whoever reads it lives on, in bounded memory, and reads the next."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from config.env import ROOT
from documents import fields
from documents.errors import DocumentError, ExtractionFailed
from documents.extraction.extract import extract, started
from documents.extraction.limits import Limits
from tests.integration.documents.hostile import FILES, harmless, small_pdf

MEGABYTE = 1024 * 1024
LIMITS = Limits(pages=2000, characters=3_000_000, ratio=100, memory=512 * MEGABYTE, seconds=6)
PARENT_GROWS = 200 * MEGABYTE


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
def test_hostile_file_ends_as_its_own_failure(name: str, make: Callable[[], bytes], codes: set[str | None]) -> None:
    data = make()
    before = memory_now()
    assert outcome(name, data) in codes
    assert memory_now() - before < PARENT_GROWS
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < LIMITS.memory
    assert extract(harmless(), fields.of_file("b", harmless()).content_type, limits=LIMITS) == "A quiet sentence."


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
