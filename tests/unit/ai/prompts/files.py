"""Prompt files for tests: one sound text, and the places to break it."""

from __future__ import annotations

from pathlib import Path

SOUND = """\
key: greet
version: "1"
description: Greets somebody.
route: classification
temperature: 0.5
max_tokens: 20
deadline: 30
variables:
  type: object
  required: [name]
  properties:
    name: {type: string, title: Name, maxLength: 40}
    tone: {enum: [warm, dry], title: Tone, default: warm}
    loud: {type: boolean, title: Loud, default: false}
  examples:
    - name: Ann
system: |
  Be $tone.
  Loud: $loud
user: |
  Greet somebody.
  $name
"""


def write(root: Path, text: str = SOUND, *, key: str = "greet", version: str = "1") -> Path:
    path = root / key / f"{version}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def sound(*, version: str = "1", description: str = "Greets somebody.") -> str:
    return SOUND.replace('"1"', f'"{version}"').replace("Greets somebody.", description)
