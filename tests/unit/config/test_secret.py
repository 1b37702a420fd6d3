from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.secret import Secret


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "key"
    path.write_text("sk-first\n")
    monkeypatch.setenv("A_KEY_FILE", str(path))
    return path


def secret() -> Secret:
    found = env.secret("A_KEY")
    assert found is not None
    return found


def test_value_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", " sk-plain ")
    assert secret()() == "sk-plain"


def test_unset_is_none() -> None:
    assert env.secret("A_KEY") is None


def test_changed_file_is_read_again(file: Path) -> None:
    found = secret()
    assert found() == "sk-first"
    file.write_text("sk-second-one")
    assert found() == "sk-second-one"


def test_file_put_in_its_place_is_read(file: Path, tmp_path: Path) -> None:
    found = secret()
    (tmp_path / "new").write_text("sk-other\n")
    (tmp_path / "new").replace(file)
    assert found() == "sk-other"


def test_last_value_stands_while_the_file_is_away_or_empty(file: Path) -> None:
    found = secret()
    file.unlink()
    assert found() == "sk-first"
    file.write_text("")
    assert found() == "sk-first"
    file.write_text("sk-third")
    assert found() == "sk-third"


def sparse(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(10_000_000)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "put",
    [
        Path.mkdir,
        os.mkfifo,
        sparse,
        lambda file: file.write_text("sk-two\nlines"),
        lambda file: file.write_bytes(b"\xef\xbb\xbfsk-marked"),
        lambda file: file.write_text("sk-schlüssel"),
        lambda file: file.write_bytes(b"sk-\0"),
    ],
    ids=["folder", "pipe", "large", "lines", "mark", "letter", "nul"],
)
def test_last_value_stands_while_in_its_place_is_what_cannot_be_one(file: Path, put: Callable[[Path], object]) -> None:
    found = secret()
    file.unlink()
    put(file)
    assert found() == "sk-first"
    if not file.is_dir():
        file.unlink()
        file.write_text("sk-after-that")
        assert found() == "sk-after-that"


@pytest.mark.parametrize("value", ["sk-two\nlines", "\ufeffsk-marked", "sk-schlüssel"])
def test_value_that_no_header_can_carry_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("A_KEY", value)
    with pytest.raises(ImproperlyConfigured, match="A_KEY") as caught:
        secret()
    assert value not in str(caught.value)


def test_value_shows_itself_nowhere(file: Path) -> None:
    assert "sk-first" not in f"{secret()!r} {secret()}"
