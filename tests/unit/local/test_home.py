"""A home keeps its secrets, and keeps them to itself."""

from pathlib import Path

from config.local.home import Home


def test_secrets_are_made_once(tmp_path: Path) -> None:
    assert Home(tmp_path).secrets() == Home(tmp_path).secrets()


def test_secrets_differ_between_homes(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    assert Home(tmp_path / "a").secrets() != Home(tmp_path / "b").secrets()


def test_strangers_are_kept_out(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    home.secrets()
    assert home.root.stat().st_mode & 0o077 == 0
    assert (home.root / "secrets.json").stat().st_mode & 0o077 == 0
