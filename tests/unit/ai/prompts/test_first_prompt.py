"""The tutorial's files are sound as they stand in it."""

from __future__ import annotations

import re
from pathlib import Path

from ai.prompts.source import TEMPLATES, read_prompt
from tests.unit.ai.prompts.files import write

TUTORIAL = TEMPLATES.parents[2] / "docs" / "first-prompt.md"
PROMPT, OUTPUT = re.findall(r"```yaml\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)


def test_the_tutorials_prompt_is_sound(tmp_path: Path) -> None:
    assert read_prompt(write(tmp_path, PROMPT, key="reply_draft")).spec.output is None


def test_its_output_may_be_added(tmp_path: Path) -> None:
    spec = read_prompt(write(tmp_path, PROMPT + OUTPUT, key="reply_draft")).spec
    assert spec.output is not None
    assert set(spec.output["properties"]) == {"reply", "needs_a_person"}
