"""The OpenAPI document: committed, served, and true."""

from __future__ import annotations

from pathlib import Path

import yaml
from django.core.management import call_command
from django.test import Client

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"


def test_the_committed_schema_is_the_code_s(tmp_path: Path) -> None:
    """`manage.py spectacular --file docs/openapi.yaml` brings it up to date."""
    now = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(now), validate=True, fail_on_warn=True)
    assert now.read_text() == COMMITTED.read_text()


def test_it_is_served_to_everybody(client: Client, db: None) -> None:
    served = yaml.safe_load(client.get("/api/schema").content)
    assert served == yaml.safe_load(COMMITTED.read_text())


def test_its_page_takes_nothing_from_elsewhere(client: Client, db: None) -> None:
    page = client.get("/api/docs").content.decode()
    assert "swagger-ui-bundle" in page
    assert "https://" not in page
