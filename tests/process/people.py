"""alice and mallory where the product runs as processes: users whom no other test knows. For conftests to import."""

from __future__ import annotations

import pytest

from tests.process.stack import Person, Stack


@pytest.fixture
def alice(stack: Stack) -> Person:
    return stack.person()


@pytest.fixture
def mallory(stack: Stack) -> Person:
    return stack.person()
