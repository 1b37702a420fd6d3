from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Membership, Team, User
from documents import fields, library
from documents.library import Draft
from documents.models import Document


def write(owner: User, text: str = "One.", **more: Any) -> Document:
    draft = Draft(content=fields.of_text(text), **{"title": "Notes", **more})
    return library.create(owner, draft).document


def program(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def team(alice: User, bob: User) -> Team:
    """alice's and bob's."""
    team = Team.objects.create(name="Harbour")
    for user in (alice, bob):
        Membership.objects.create(team=team, user=user, role="member")
    return team
