"""/metrics is nobody's business who has no token."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.LINTEL_METRICS_DIR = tmp_path
    settings.LINTEL_DEMO = False
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_without_a_token_there_is_no_such_page(db: None, client: Client) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", "Basic right-token", "Bearer right-token2", "Bearer é"])
def test_wrong_token_sees_nothing(db: None, client: Client, folder: Path, settings: Settings, sent: str) -> None:
    settings.LINTEL_METRICS_TOKEN = "right-token"
    answer = client.get("/metrics", headers={"Authorization": sent})
    assert (answer.status_code, answer.content) == (401, b"")


def test_right_token_sees_the_figures(db: None, client: Client, folder: Path, settings: Settings) -> None:
    settings.LINTEL_METRICS_TOKEN = "right-token"
    answer = client.get("/metrics", headers={"Authorization": "Bearer right-token", "Host": "10.0.0.7"})
    assert answer.status_code == 200
    assert b"lintel_database_up 1.0" in answer.content
    assert b'lintel_queue_depth{lane="bulk"} 0.0' in answer.content


def test_developer_needs_no_token(db: None, client: Client, folder: Path, settings: Settings) -> None:
    settings.LINTEL_DEMO = True
    assert client.get("/metrics").status_code == 200


def test_where_nothing_is_counted_there_is_no_such_page(db: None, client: Client) -> None:
    assert client.get("/metrics").status_code == 404
