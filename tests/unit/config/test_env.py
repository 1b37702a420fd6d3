from __future__ import annotations

import re
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


def test_mail_server_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://me%40example.org:p%40ss@mail.example.org:587")
    assert env.mail("EMAIL_URL", otherwise="dummy") == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example.org",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "me@example.org",
        "EMAIL_HOST_PASSWORD": "p@ss",
        "EMAIL_USE_TLS": True,
    }


def test_without_a_mail_server_there_is_the_other_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMAIL_URL", raising=False)
    found = env.mail("EMAIL_URL", otherwise="dummy")
    assert found == {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}


@pytest.mark.parametrize("wrong", ["mail.example.org:25", "http://mail.example.org", "smtp:///x"])
def test_address_that_is_no_mail_servers_is_named(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("EMAIL_URL", wrong)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        env.mail("EMAIL_URL", otherwise="dummy")


@pytest.mark.parametrize("value", ["Mars/Olympus", "../etc/passwd", "UTC+25"])
def test_an_unknown_time_zone_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LINTEL_TIME_ZONE", value)
    with pytest.raises(ImproperlyConfigured, match=f"LINTEL_TIME_ZONE='{re.escape(value)}' is no time zone"):
        env.time_zone("LINTEL_TIME_ZONE", "UTC")


@pytest.mark.parametrize(("value", "cosine"), [("", None), ("0.35", 0.35), ("-1", -1.0)])
def test_cosine_may_be_left_out(monkeypatch: pytest.MonkeyPatch, value: str, cosine: float | None) -> None:
    monkeypatch.setenv("A_COSINE", value)
    assert env.cosine("A_COSINE") == cosine


@pytest.mark.parametrize("value", ["1.1", "-1.1", "nan", "high"])
def test_what_is_no_cosine_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("A_COSINE", value)
    with pytest.raises(ImproperlyConfigured, match=f"A_COSINE='?{value}"):
        env.cosine("A_COSINE")
