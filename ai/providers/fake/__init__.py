"""A stand-in for a vendor: a real server on a real socket that answers as it is told to.

In a test: ``async with FakeProvider() as fake: ...``; as a process: ``python -m ai.providers.fake --port 9100``.
"""

from ai.providers.fake.ledger import Call, Ledger
from ai.providers.fake.script import Script, Scripts
from ai.providers.fake.server import FakeProvider

__all__ = ["Call", "FakeProvider", "Ledger", "Script", "Scripts"]
