"""Of what uv writes, bars and complaints are shown at once, and lists of packages never."""

import sys

import pytest

from config.local.progress import run_uv, without_lists

BAR = b"\r\x1b[2Kllm  ------ 38.33 MiB/88.57 MiB"
LISTS = b"\x1b[2KResolved 2 packages in 2ms\r\nInstalled 2 packages in 3ms\r\n + one==1\r\n ~ two==2\r\n"


def shown(*parts: bytes) -> bytes:
    return b"".join(without_lists(iter(parts)))


def test_lists_are_hidden() -> None:
    assert shown(BAR + b"\r" + LISTS + b"warning: look here\n") == BAR + b"\r\x1b[2Kwarning: look here\n"


@pytest.mark.parametrize("cut", range(len(LISTS)))
def test_lists_are_hidden_however_they_arrive(cut: int) -> None:
    assert shown(LISTS[:cut], LISTS[cut:]) == b"\x1b[2K"


def test_bars_are_shown_at_once() -> None:
    parts = without_lists(iter([BAR, b" and more"]))
    assert next(parts) + next(parts) == BAR


def test_complaints_are_kept() -> None:
    assert shown(b"error: No", b" such package\n", b"Unfinished") == b"error: No such package\nUnfinished"


def test_exit_code_is_told(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run_uv([sys.executable, "-c", "import sys; sys.exit(3)"], {}, idle=lambda: None) == 3


def test_silence_is_noticed() -> None:
    silences: list[int] = []
    run_uv([sys.executable, "-c", "import time; time.sleep(0.5)"], {}, lambda: silences.append(1), every=0.1)
    assert silences
