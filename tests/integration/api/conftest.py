from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from requests_app.intake import Submission, accept
from requests_app.models import AIRequest

TICKET = {"prompt_key": "ticket_classify", "payload": {"ticket": "I was charged twice."}}


@pytest.fixture
def nobody(db: None) -> APIClient:
    return APIClient()


@pytest.fixture
def mallorys(mallory: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(mallory)
    return client


@pytest.fixture
def request_of_alice(alice: User) -> AIRequest:
    return accepted(alice)


def accepted(user: User, **changes: Any) -> AIRequest:
    return accept(user, Submission(**{**TICKET, **changes})).request
