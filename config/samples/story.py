"""Reads the texts of the sample history."""

from __future__ import annotations

from pathlib import Path

import yaml

from config.samples.plan import Story

FILE = Path(__file__).resolve().parents[1] / "demo" / "history.yaml"


def read_story() -> Story:
    return Story(**yaml.safe_load(FILE.read_text()))
