from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    monkeypatch.setenv("A_SECRET_FILE", str(file))
    return file


def test_secret_is_read_from_its_file(secret: Path) -> None:
    assert env.optional("A_SECRET") == "from a file"


def test_value_beside_its_file_is_refused(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "from the environment")
    with pytest.raises(ImproperlyConfigured, match="A_SECRET and A_SECRET_FILE are both set"):
        env.optional("A_SECRET")


def test_missing_file_is_named(secret: Path) -> None:
    secret.unlink()
    with pytest.raises(ImproperlyConfigured, match=r"A_SECRET_FILE=.* cannot be read"):
        env.optional("A_SECRET")


def test_value_that_begins_with_a_dollar_is_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", r"$PATH\$")
    assert env.optional("A_SECRET") == r"$PATH\$"
