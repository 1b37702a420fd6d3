"""`python -m config.local run` as a person has it: wrong values named, ready at last, nothing left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.local import samples
from config.local.home import REPOSITORY, Home
from config.local.leftovers import leftovers
from config.local.loopback import open_local
from config.local.ports import any_free
from config.local.processes import recorded
from config.local.weights import digest

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]
EMBEDDED = ("DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


def environment(home: Path, **changes: str) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if name not in EMBEDDED}
    nowhere = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "none"}  # so that no model is fetched
    return {**mine, **nowhere, "LINTEL_HOME": str(home), "PORT": str(any_free()), **changes}


def lintel(target: str, **options: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "config.local", target]
    return subprocess.run(command, cwd=REPOSITORY, env=options["env"], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("REDIS_URL", "redis://127.0.0.1:9"),
        ("MIGRATE_DATABASE_URL", "postgresql://owner@127.0.0.1:9/lintel"),
        ("OPENAI_BASE_URL", "nonsense"),
        ("LINTEL_STREAMS", "many"),
    ],
)
def test_wrong_value_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = lintel("run", env=environment(tmp_path / "home", **{name: value}))
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stdout if name == "MIGRATE_DATABASE_URL" else name in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_run_is_ready_refuses_a_twin_and_leaves_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "a home")
    home.prepare()
    (home.root / "started-once").touch()  # no model answers here
    env = environment(home.root)
    run = subprocess.Popen(
        [sys.executable, "-m", "config.local", "run"], cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert run.stdout is not None
        url = next(line.split()[-1] for line in run.stdout if "Lintel is ready at" in line)
        with open_local(f"{url}/healthz", timeout=10) as answer:
            assert answer.status == 200
        local = {**env, "DJANGO_SETTINGS_MODULE": "config.settings.local"}
        by_hand = [sys.executable, "manage.py", "token", "demo"]
        typed = subprocess.run(by_hand, cwd=REPOSITORY, env=local, capture_output=True, text=True, timeout=60)
        assert "lintel_" in typed.stdout, typed.stderr
        twin = lintel("run", env=env)
        assert (twin.returncode, url in twin.stdout) == (1, True)
        family = recorded(home.run)
        assert {one.name for one in family} >= {"postgres", "valkey", "web", "worker", "jobs", "beat"}
    finally:
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=60)
    assert run.returncode == 0
    assert leftovers(home) == []
    assert not (home.root / "environment").exists()
    assert not any(one.alive() for one in family)


def test_digest_is_sha256(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert digest(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_wrong_answer_to_reset_is_named(tmp_path: Path) -> None:
    (tmp_path / "started-once").touch()
    done = lintel("reset", env=environment(tmp_path, YES="maybe"))
    assert (done.returncode, "YES" in done.stdout, done.stderr) == (1, True, "")


def test_lease_that_is_renewed_too_late_stops_the_start(tmp_path: Path) -> None:
    done = lintel("run", env=environment(tmp_path / "home", LINTEL_RENEW_SECONDS="9"))
    assert done.returncode == 1
    assert "LINTEL_RENEW_SECONDS=9" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_wanted_sample_history_is_made_beside_the_run(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    (home.root / "started-once").touch()  # no model answers here
    samples.want(home)
    run = subprocess.Popen(
        [sys.executable, "-m", "config.local", "run"],
        cwd=REPOSITORY,
        env=environment(home.root),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert run.stdout is not None
        said = [next(line for line in run.stdout if words in line) for words in ("is ready at", "day 1 of", "day 2 of")]
        assert len(said) == 3
    finally:
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=90)
    assert run.returncode == 0
    assert leftovers(home) == []
    assert samples.wanted(home), "it is begun again at the next start"
