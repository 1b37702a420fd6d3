"""Faults on purpose: what is asked for happens, as a provider's own failures do, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from pytest_django import Settings

from ai.engine import Answered
from ai.errors import ConfigurationError
from ai.faults import KINDS, Fault, faults_from
from ai.providers.fake import FakeProvider, Script
from ai.routing.checks import check_faults
from config.local.home import REPOSITORY
from tests.unit.ai.engine.conftest import fake as fake
from tests.unit.ai.engine.driving import driven, job

OK = Answered(text="fine")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_is_met_as_a_providers_own(fake: FakeProvider, settings: Settings, kind: str) -> None:
    fake.scripts.default = Script(text="fine")
    settings.LINTEL_FAULTS = [f"{kind}@small=1"]
    result = await driven(job(fake, "small", "large", deadline_s=60.0))
    assert result.end == OK
    assert set(result.outcomes[:-1]) == {"provider_unavailable"}
    assert {closed.model.name for closed in result.closed[:-1]} == {"small"}
    served = kind == "cut"
    assert all((closed.cost_usd != 0) == served for closed in result.closed[:-1])


async def test_a_share_is_a_share(fake: FakeProvider, settings: Settings) -> None:
    fake.scripts.default = Script(text="fine")
    settings.LINTEL_FAULTS = ["unreachable=0.5"]
    calls = [outcome for _job in range(60) for outcome in (await driven(job(fake, calls_left=1))).outcomes]
    assert 10 < calls.count("provider_unavailable") < 50


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("flood=0.1", "the kinds are"),
        ("cut=2", "a share from 0 to 1"),
        ("cut", "a share from 0 to 1"),
        ("cut=a", "0 to 1"),
    ],
)
def test_what_is_no_fault_is_named(settings: Settings, word: str, said: str) -> None:
    settings.LINTEL_FAULTS = [word]
    with pytest.raises(ConfigurationError, match=said):
        faults_from((word,))
    assert [message.id for message in check_faults()] == ["ai.E106"]


def test_faults_are_warned_of(settings: Settings) -> None:
    settings.LINTEL_FAULTS = ["cut@large=0.25"]
    assert faults_from(("cut@large=0.25",)) == (Fault(kind="cut", model="large", share=0.25),)
    assert [message.id for message in check_faults()] == ["ai.W107"]


@pytest.mark.parametrize(("staging", "starts"), [("", False), ("yes", True)])
def test_a_production_site_does_not_start_with_faults(staging: str, starts: bool) -> None:
    told = {
        "LINTEL_FAULTS": "cut=0.1",
        "LINTEL_STAGING": staging,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        cwd=REPOSITORY,
        env={**os.environ, **told, "SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "example.org"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == starts, done.stderr
    assert starts or "only with LINTEL_STAGING=yes" in done.stderr
