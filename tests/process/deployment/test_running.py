"""The deployment at work: production settings, the commands of the three files, real servers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from config.schedule import DEFAULTS
from tests.process.deployment.site import PROCESSES, Deployment
from tests.process.stack import Person, directive, wait_for

pytestmark = pytest.mark.timeout(400)  # whoever comes first waits for the image and for all processes

SWEEP = "FROM django_celery_beat_periodictask WHERE name = 'sweep'"


@pytest.fixture
def alice(deployed: Deployment) -> Person:
    return deployed.person()


def accepted(site: Deployment, person: Person, text: str) -> dict[str, Any]:
    with site.direct("web", person) as web:
        answer = web.post("/api/v1/requests", json={"prompt_key": "document_summary", "payload": {"document": text}})
    assert answer.status_code == 202, answer.text
    row: dict[str, Any] = answer.json()
    return row


def test_web_accepts_a_worker_answers_and_sockets_streams(deployed: Deployment, alice: Person) -> None:
    path = accepted(deployed, alice, directive())["links"]["events"]
    with deployed.direct("sockets", alice) as sockets, sockets.stream("GET", path) as answer:
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: ")]
    assert events[-1]["status"] == "done"
    assert "".join(event["text"] for event in events if event["type"] == "chunk")


def test_every_part_is_seen_to_work(deployed: Deployment) -> None:
    with deployed.direct("web") as web:
        answer = web.get("/healthz", headers={"Host": "10.0.0.7", "X-Forwarded-Proto": "http"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("service", PROCESSES)
def test_health_check_of_compose_passes(deployed: Deployment, service: str) -> None:
    assert deployed.healthy(service)


def test_plain_http_is_sent_to_https(deployed: Deployment) -> None:
    with deployed.direct("web") as web:
        answer = web.get("/login", headers={"X-Forwarded-Proto": "http"})
    assert (answer.status_code, answer.headers["location"]) == (301, "https://localhost/login")


def test_page_is_private_and_its_files_are_hashed_and_kept_for_ever(deployed: Deployment) -> None:
    with deployed.direct("web") as web:
        page = web.get("/login")
        files = re.findall(r"/static/[\w./-]+", page.text)
        answers = [web.get(file) for file in files]
    assert "Secure" in page.headers["set-cookie"]
    assert "max-age=31536000" in page.headers["strict-transport-security"]
    assert files
    assert all(re.search(r"\.[0-9a-f]{12}\.\w+$", file) for file in files), files
    assert [answer.headers["cache-control"] for answer in answers] == ["max-age=315360000, public, immutable"] * len(
        files
    )


def test_error_tells_a_stranger_nothing(deployed: Deployment) -> None:
    with deployed.direct("web") as web:
        missing, foreign = web.get("/nowhere"), web.get("/login", headers={"Host": "evil.example"})
    assert (missing.status_code, foreign.status_code) == (404, 400)
    assert "Traceback" not in missing.text + foreign.text


def test_web_keeps_its_connections_to_the_database(deployed: Deployment, alice: Person) -> None:
    def backends() -> set[int]:
        rows = deployed.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'lintel_app'")
        return {row[0] for row in rows}

    with deployed.direct("web", alice) as web:
        for _ in range(30):
            web.get("/api/v1/requests")
        before = backends()
        for _ in range(60):
            assert web.get("/api/v1/requests").status_code == 200
    assert len(backends() - before) <= 8


def test_edit_of_the_schedule_survives_beat_and_migrate(deployed: Deployment) -> None:
    deployed.sql("UPDATE django_celery_beat_periodictask SET expire_seconds = 45 WHERE name = 'sweep'")
    deployed.by_name["beat"].stop()
    [(sent,)] = deployed.sql(f"SELECT total_run_count {SWEEP}")
    deployed.step("migrate")
    deployed.begin_process("beat")
    wait_for(lambda: deployed.sql(f"SELECT total_run_count {SWEEP}")[0][0] > sent, what="beat at work", seconds=40)
    assert deployed.sql(f"SELECT expire_seconds, enabled {SWEEP}") == [(45, True)]
    rows = deployed.sql("SELECT name FROM django_celery_beat_periodictask")
    assert sorted(name for (name,) in rows) == sorted(default.name for default in DEFAULTS)


def test_broker_keeps_its_tasks(deployed: Deployment) -> None:
    """Asked by the check that a deployment runs; it would fail on any other policy."""
    assert "no issues" in deployed.step("check")


def test_proxy_sends_each_path_to_its_server(proxied: Deployment, alice: Person) -> None:
    with proxied.client(alice) as outside:
        body = {"prompt_key": "document_summary", "payload": {"document": directive()}}
        row = outside.post("/api/v1/requests", json=body).json()
        with outside.stream("GET", row["links"]["events"]) as answer:
            events = [line for line in answer.iter_lines() if line.startswith("data: ")]
        assert json.loads(events[-1].removeprefix("data: "))["status"] == "done"
        assert outside.get("/metrics").status_code == 404
        assert outside.post("/api/v1/requests", json={"text": "x" * 3_000_000}).status_code == 413


def test_streams_do_not_stand_on_the_web_process(proxied: Deployment, alice: Person) -> None:
    """Each path goes to the server that is made for it: where `sockets` is away, pages are not."""
    path = accepted(proxied, alice, directive())["links"]["events"]
    proxied.by_name["sockets"].stop()
    try:
        with proxied.client(alice) as outside:
            assert (outside.get(path).status_code, outside.get("/login").status_code) == (502, 200)
    finally:
        proxied.begin_process("sockets")
        wait_for(lambda: proxied.healthy("sockets"), what="sockets again")
