from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss", password="boss")


@pytest.fixture
def admin(boss: User) -> Client:
    """A superuser in the admin."""
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture
def staff(bob: User) -> Client:
    """bob, who may look at everything and read nobody's texts."""
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(codename__startswith="view_").exclude(codename__contains="text"))
    client = Client()
    client.force_login(bob)
    return client
