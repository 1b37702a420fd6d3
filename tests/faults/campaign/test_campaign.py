"""One round of the campaign, with the seed and the size that the environment says: `make faults` runs the same."""

from __future__ import annotations

import pytest

from tests.faults.campaign.__main__ import run
from tests.faults.campaign.options import from_environment


@pytest.mark.process
@pytest.mark.timeout(3600)
def test_nothing_is_lost_nor_overspent_under_faults() -> None:
    tally = run(from_environment())
    print(tally.markdown())  # noqa: T201
    assert tally.violations == {}
