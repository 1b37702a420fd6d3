"""demo-crash says "charged once" only where it is so."""

from typing import Any

import pytest

from config.local.crash import Witness, find_faults

USAGE = {"input_tokens": 20, "cache_read_tokens": 0, "cache_write_tokens": 0, "output_tokens": 7}
CHARGES = [(1, 10, 3), (2, 10, 4)]


def request(**changes: Any) -> dict[str, Any]:
    return {"status": "done", "error": None, "result": "text", "partial": None, "usage": USAGE, **changes}


def test_a_clean_takeover_has_no_fault() -> None:
    assert list(find_faults(request(), Witness(text="text", resets=1), CHARGES)) == []


@pytest.mark.parametrize(
    ("changed", "witness", "charges", "fault"),
    [
        ({"status": "failed"}, Witness(text="text", resets=1), CHARGES, "is failed"),
        ({}, Witness(text="text"), CHARGES, "no other worker"),
        ({}, Witness(text="tex", resets=1), CHARGES, "not the result"),
        ({}, Witness(text="text", resets=1), [*CHARGES, (2, 0, 0)], "charged twice"),
        ({}, Witness(text="text", resets=1), CHARGES[:1], "not the sum"),
    ],
)
def test_fault_is_found(
    changed: dict[str, Any], witness: Witness, charges: list[tuple[int, int, int]], fault: str
) -> None:
    faults = list(find_faults(request(**changed), witness, charges))
    assert len(faults) == 1
    assert fault in faults[0]
