"""docs/monitoring.md names every figure, label and attribute that there is, and none that there is not."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry

from config.env import ROOT
from config.metrics.figures import Figures
from config.metrics.state import DatabaseState
from requests_app.models import AttemptReason
from requests_app.sweep import Swept
from tests.integration.docs.documents import text_of

ROW = re.compile(r"^\| `(?P<name>lintel_\w+)` \| (?P<labels>[^|]*)\|", re.MULTILINE)
WORD = re.compile(r"`([\w.]+)`")
METRIC = re.compile(r"\blintel_[a-z]\w+")
ATTRIBUTE = re.compile(r"\b(?:gen_ai|lintel|http|url|error)\.[a-z_.]*[a-z]\b")
SPANS = ("ai/tracing.py", "config/tracing.py", "requests_app/runner.py")
NEVER_SET = {"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"}


def documented() -> dict[str, set[str]]:
    return {row["name"]: set(WORD.findall(row["labels"])) for row in ROW.finditer(text_of("monitoring.md"))}


def counted() -> dict[str, set[str]]:
    """By the name under which it is asked for; a histogram's without its endings."""
    metrics = vars(Figures(CollectorRegistry())).values()
    return {f"{each._name}{'_total' * (each._type == 'counter')}": set(each._labelnames) for each in metrics}


def looked_up() -> dict[str, set[str]]:
    return {
        each.name: {label for sample in each.samples for label in sample.labels} for each in DatabaseState().collect()
    }


def test_table_has_each_figure_with_its_labels(db: None) -> None:
    assert documented() == counted() | looked_up()


def test_no_figure_is_named_elsewhere_that_is_not_in_the_table() -> None:
    assert set(METRIC.findall(text_of("monitoring.md"))) == set(documented())


def test_labels_values_are_those_that_there_are() -> None:
    (calls,) = re.findall(r"`reason`: (.*?);", text_of("monitoring.md"))
    (swept,) = re.findall(r"what sweeps put right: (.*?) \|", text_of("monitoring.md"))
    assert set(WORD.findall(calls)) == set(AttemptReason.values)
    assert set(WORD.findall(swept)) == set(Swept.__slots__)


def test_each_attribute_of_a_span_is_named() -> None:
    said = {word for word in WORD.findall(text_of("monitoring.md")) if ATTRIBUTE.fullmatch(word)}
    quoted = re.findall(r'"([\w.]+)"', "".join((ROOT / name).read_text() for name in SPANS))
    assert said - NEVER_SET == {word for word in quoted if ATTRIBUTE.fullmatch(word)}
