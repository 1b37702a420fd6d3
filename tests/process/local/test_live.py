"""`make live` with the fake provider in both vendors' places."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from config.local.home import REPOSITORY
from tests.process.local.test_whole_run import environment, lintel

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]


@pytest.fixture
def fake() -> Iterator[str]:
    """Answers slowly enough to be stopped in the midst."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ai.providers.fake"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        httpx2.post(f"{url}/control/scripts", json={"default": {"chunk_delay_s": 0.1}}).raise_for_status()
        yield url
    finally:
        process.kill()
        process.communicate()


def vendors(url: str, home: Path) -> dict[str, str]:
    return environment(
        home,
        ANTHROPIC_API_KEY="sk-ant-planted",
        ANTHROPIC_BASE_URL=url,
        OPENAI_API_KEY="sk-planted",
        OPENAI_BASE_URL=f"{url}/v1",
    )


def test_every_step_of_both_vendors_passes(fake: str, tmp_path: Path) -> None:
    done = lintel("live", env=vendors(fake, tmp_path / "home"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 of 6 steps passed" in done.stdout
    rows = [line.split()[:4] for line in done.stdout.splitlines() if line.startswith(("anthropic", "openai"))]
    assert rows == [
        ["anthropic", "claude-haiku-5-5", "structured", "done"],
        ["anthropic", "claude-sonnet-5-5", "summary", "done"],
        ["anthropic", "claude-sonnet-5-5", "cancel", "cancelled"],
        ["openai", "gpt-6-luna", "structured", "done"],
        ["openai", "gpt-6.1-terra", "summary", "done"],
        ["openai", "gpt-6.1-terra", "cancel", "cancelled"],
    ]
    # An address that is not the vendor's own has no known price, unless the catalogue says whose prices hold.
    assert "3 of unknown cost" in done.stdout
    assert "What gpt-6-luna, gpt-6.1-terra may cost is unknown" in done.stdout
    assert "planted" not in done.stdout + done.stderr


def test_vendor_that_fails_a_step_fails_the_run(fake: str, tmp_path: Path) -> None:
    refused = {"models": {"gpt-6-luna": {"status": 401}}}
    httpx2.post(f"{fake}/control/scripts", json=refused).raise_for_status()
    done = lintel("live", env=vendors(fake, tmp_path / "home"))
    assert done.returncode == 1
    assert "5 of 6 steps passed" in done.stdout
    assert "gpt-6-luna, structured: " in done.stdout


def test_without_a_key_nothing_is_started(tmp_path: Path) -> None:
    done = lintel("live", env=environment(tmp_path / "home", OPENAI_API_KEY="", OPENAI_BASE_URL=""))
    assert (done.returncode, done.stderr) == (1, "")
    assert "set ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENROUTER_API_KEY" in done.stdout
    assert not (tmp_path / "home").exists()
