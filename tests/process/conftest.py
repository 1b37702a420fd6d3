from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from config.local.child import Child
from tests.process.people import alice as alice
from tests.process.people import mallory as mallory
from tests.process.stack import Stack

QUICK = {
    "LINTEL_LEASE_SECONDS": "2",
    "LINTEL_RENEW_SECONDS": "0.4",
    "LINTEL_SWEEP_SECONDS": "0.5",
    "LINTEL_SHUTDOWN_GRACE_SECONDS": "0.5",
}
HUNG_S = 600  # with the start of what the first of them starts


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/process" in str(item.path):
            item.add_marker(pytest.mark.process)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(HUNG_S))


@pytest.fixture
def workers(stack: Stack) -> Iterator[list[Child]]:
    """Two workers of the test's own, with short leases, and no others: they may be killed."""
    others = [child for child in stack.children if child.command.name.startswith("worker")]
    for child in others:
        child.tell_all(signal.SIGSTOP)
    own = [stack.start_worker(environment=QUICK), stack.start_worker(environment=QUICK)]
    yield own
    for child in own:
        child.kill()
    for child in others:
        child.tell_all(signal.SIGCONT)
