"""Golden cases: what a prompt was given and what it should answer, a YAML file each, beside the prompt.

``<prompts>/<key>/golden/<version>-<hash>.yaml`` has the keys ``key``, ``version``, ``payload``, ``expected`` (text),
``output`` (the value, only where the prompt has a form) and ``source``, which says whose word the answer is. Nothing in
it names a person or a request; what was sent stands in it as it was.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import yaml

FOLDER = "golden"

Source = Literal["approved", "edited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenCase:
    """``source``: a reviewer approved the model's answer, or wrote it anew."""

    key: str
    version: str
    payload: dict[str, Any]
    expected: str
    output: Any
    source: Source

    @property
    def path(self) -> str:
        """From the folder of all prompts. The same case has the same name, whoever saves it."""
        digest = hashlib.sha256(self.as_yaml().encode()).hexdigest()[:12]
        return f"{self.key}/{FOLDER}/{self.version}-{digest}.yaml"

    def as_yaml(self) -> str:
        fields: dict[str, Any] = {"key": self.key, "version": self.version, "payload": self.payload}
        fields["expected"] = self.expected
        if self.output is not None:
            fields["output"] = self.output
        fields["source"] = f"reviewed: {self.source}"
        return yaml.dump(fields, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    pass


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """Several lines as several lines, so that a change of one is a change of one.

    What is not printable is escaped: YAML has line breaks that are none elsewhere, and PyYAML writes them as they are.
    """
    if not text.replace("\n", "").isprintable():
        return '"'
    return "|" if "\n" in text else None


_Dumper.add_representer(str, _text)
