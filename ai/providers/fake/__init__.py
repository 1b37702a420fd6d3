"""A stand-in for a vendor: a real server on a real socket that answers as it is told to.

In a test: ``with fake_provider() as fake: ...`` or ``async with FakeProvider() as fake: ...``; as a process:
``python -m ai.providers.fake --port 9100``.
"""

from ai.providers.fake.faults import FAULTS, Chance, fault
from ai.providers.fake.ledger import Call, Ledger
from ai.providers.fake.script import Script
from ai.providers.fake.scripts import Scripts
from ai.providers.fake.server import FakeProvider
from ai.providers.fake.threaded import fake_provider

__all__ = ["FAULTS", "Call", "Chance", "FakeProvider", "Ledger", "Script", "Scripts", "fake_provider", "fault"]
