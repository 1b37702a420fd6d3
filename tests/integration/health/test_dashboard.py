"""What the dashboard and the alerts ask for exists, and what exists is shown."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from config.env import ROOT
from config.metrics.figures import Figures
from config.metrics.state import DatabaseState

DEPLOY = ROOT / "deploy"
NAME = re.compile(r"\blintel_[a-z_]+")
ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@pytest.fixture
def exported(db: None) -> dict[str, list[str]]:
    """Each metric with the names of its series."""
    registry = CollectorRegistry()
    Figures(registry)
    metrics = [*registry.collect(), *DatabaseState().collect()]
    return {metric.name: [metric.name + ending for ending in ENDINGS[metric.type]] for metric in metrics}


def dashboard() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DEPLOY / "grafana" / "lintel.json").read_text())
    return read


def asked() -> set[str]:
    panels = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]
    variables = [each["query"]["query"] for each in dashboard()["templating"]["list"] if each["type"] == "query"]
    return set(NAME.findall(" ".join([*panels, *variables])))


def test_dashboard_asks_for_what_there_is(exported: dict[str, list[str]]) -> None:
    assert asked() <= {name for names in exported.values() for name in names}


def test_every_figure_is_on_the_dashboard(exported: dict[str, list[str]]) -> None:
    assert [metric for metric, names in exported.items() if not asked() & set(names)] == []


def test_alerts_ask_for_what_there_is(exported: dict[str, list[str]]) -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text())["groups"][0]["rules"]
    names = set(NAME.findall(" ".join(rule["expr"] for rule in rules)))
    assert names
    assert names <= {name for names in exported.values() for name in names}


def test_panels_take_the_chosen_source_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    assert {panel["datasource"]["uid"] for panel in panels if panel["type"] != "row"} == {"${source}"}
    places = [panel["gridPos"] for panel in panels]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))


def test_example_of_a_scrape_can_be_read() -> None:
    scrape = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    assert (DEPLOY / scrape["rule_files"][0]).is_file()
