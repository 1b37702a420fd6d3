"""That what `make bench` offers is there and says what it is; whether it measures is seen by running it."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.__main__ import MEASUREMENTS, description, parser, verdict
from config.local.home import REPOSITORY

MODULES = {path.stem for path in (REPOSITORY / "benchmarks").glob("*.py") if "\ndef measure(" in path.read_text()}
EXACT: dict[str, list[str]] = {"wrong": []}
TORN = {"wrong": ["1 of 5 sockets"]}


def test_every_measurement_can_be_asked_for() -> None:
    assert set(MEASUREMENTS) == MODULES


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measurement_says_what_it_is(name: str) -> None:
    assert description(name).endswith(".")
    assert f"{name:16} {description(name)}" in parser().format_help()
    assert list(inspect.signature(import_module(f"benchmarks.{name}").measure).parameters) == ["quick"]


def test_options_are_read() -> None:
    options = parser().parse_args(["live", "sockets", "--quick", "--json", "out.json"])
    assert (options.names, options.quick, options.json) == (["live", "sockets"], True, Path("out.json"))


def test_no_name_means_all() -> None:
    options = parser().parse_args([])
    assert (options.names, options.quick, options.json) == ([], False, None)


def test_unknown_measurement_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(["acept"])
    assert stopped.value.code == 2
    assert "no measurement acept; there are start, accept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ({"live": EXACT, "sockets": EXACT}, 0),
        ({"live": EXACT, "sockets": TORN}, 1),
        ({"live": EXACT}, 1),
    ],
    ids=["exact", "torn", "broken off"],
)
def test_only_exact_and_whole_measurements_pass(found: dict[str, object], code: int) -> None:
    assert verdict(["live", "sockets"], found) == code
