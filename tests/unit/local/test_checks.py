"""The dependency audit passes, fails, or says that it could not look."""

from typing import Any

import pytest

from config.local.checks import audit_verdict

CLEAN: dict[str, Any] = {"name": "a", "version": "1", "vulns": []}
HOLED: dict[str, Any] = {"name": "b", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "passed"), [([CLEAN, UNKNOWN], True), ([CLEAN, HOLED], False), ([UNKNOWN], None)]
)
def test_audit(dependencies: list[dict[str, Any]], passed: bool | None) -> None:
    assert audit_verdict(dependencies).passed is passed


def test_finding_names_the_fix() -> None:
    assert audit_verdict([HOLED]).words == "b 1: CVE-1, fixed in 2"
