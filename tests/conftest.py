"""Fixtures that every test may use. The cast: alice, bob and mallory."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from accounts.models import User
from config.local.child import Child
from tests.process.deployment.site import Deployment, running_deployment
from tests.process.stack import Stack, running_stack
from tests.services import SERVICES

KEPT_TABLES = {
    *("django_migrations", "django_content_type", "auth_permission"),
    *("ai_prompttemplate", "ai_promptlabel"),
    *("ai_llmprovider", "ai_llmmodel", "ai_modelroute", "ai_tierqualitymapping", "ai_catalogueversion"),
}


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The owner creates and migrates the test database; the application role is then pointed at it.

    It is never dropped: its server is thrown away with the run.
    """
    owner, default = connections["owner"], connections["default"]
    real_name = owner.settings_dict["NAME"]
    with django_db_blocker.unblock():
        test_name = owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        default.close()
        default.settings_dict["NAME"] = test_name
        with default.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            assert cursor.fetchone()[0] == test_name != real_name, "tests must not run in a real database"
        yield
        default.close()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Real commits, seen by other threads; the owner empties the tables afterwards."""
    with django_db_blocker.unblock():
        yield
        with connections["owner"].cursor() as cursor:
            tables = [
                name for name in connections["owner"].introspection.table_names(cursor) if name not in KEPT_TABLES
            ]
            quoted = ", ".join(f'"{name}"' for name in tables)
            cursor.execute(f"TRUNCATE {quoted}")
        for connection in connections.all(initialized_only=True):
            connection.close()


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password="alice")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="bob")


@pytest.fixture
def mallory(db: None) -> User:
    return User.objects.create_user("mallory", password="mallory")


@pytest.fixture
def page(alice: User) -> Client:
    """alice in a browser without JavaScript."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def api(alice: User) -> APIClient:
    """alice's program."""
    client = APIClient()
    client.force_authenticate(alice)
    return client


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Real processes: the web server and the fake provider run, workers are started by who needs them."""
    with running_stack(SERVICES, tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
def standing_worker(stack: Stack) -> Child:
    """The one worker that tests share which harm none: who freezes it may count on there being no other."""
    return stack.standing_worker()


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The commands of Dockerfile, docker-compose.yml and Procfile with production settings, on servers of their own."""
    with running_deployment(tmp_path_factory.mktemp("deployed")) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def caddy() -> str:
    """On the PATH, else from apt where we are root; else what needs the proxy is skipped, loudly."""
    install = "apt-get update -qq && apt-get install -y -qq --no-install-recommends caddy"
    if not shutil.which("caddy") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(install, shell=True, check=False, capture_output=True, timeout=300)  # noqa: S602 - a constant
    found = shutil.which("caddy")
    return found or pytest.skip("NO PROXY: no Caddy was found. Install it to try the deployment behind it.")


@pytest.fixture(scope="session")
def proxied(deployed: Deployment, caddy: str) -> Deployment:
    """The deployment behind its proxy and TLS."""
    deployed.begin_proxy(caddy)
    return deployed
