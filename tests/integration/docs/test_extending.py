"""docs/extending.md is run as a reader would run it: its files in a folder of their own, its tests by pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.local.home import REPOSITORY
from tests.integration.docs.documents import write_files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    names = write_files("extending.md", tmp_path)
    assert len(names) == 8
    (tmp_path / "acme" / "__init__.py").touch()
    return tmp_path


def run(project: Path, *arguments: str, settings: str) -> subprocess.CompletedProcess[str]:
    place = {"PYTHONPATH": f"{project}{os.pathsep}{REPOSITORY}", "DJANGO_SETTINGS_MODULE": settings}
    return subprocess.run(
        [sys.executable, *arguments], cwd=project, env={**os.environ, **place}, capture_output=True, text=True
    )


def test_adapter_keeps_the_contract(project: Path) -> None:
    done = run(project, "-m", "pytest", "-q", "acme/test_provider.py", settings="config.settings.test")
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


def test_settings_app_and_provider_pass_the_checks(project: Path) -> None:
    (project / "catalogue.yaml").write_text(
        (REPOSITORY / "ai/routing/catalogue.yaml").read_text().replace("providers:\n", f"providers:\n{ACME}", 1)
    )
    (project / "acme" / "settings.py").open("a").write("ACME_API_KEY = None\nLINTEL_CATALOGUE = 'catalogue.yaml'\n")
    done = run(project, str(REPOSITORY / "manage.py"), "check", settings="acme.settings")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_app_asks_and_hears_of_the_end(project: Path) -> None:
    own_servers = ("-p", "tests.services")  # else its test database would be the one that is in use here
    done = run(project, "-m", "pytest", "-q", *own_servers, "acme/test_desk.py", settings="config.settings.test")
    assert done.returncode == 0, done.stdout[-3000:]


ACME = """  acme:
    kind: acme
    base_url: https://api.acme.example/v1
    api_key_setting: ACME_API_KEY
"""
