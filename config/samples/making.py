"""Has the sample history made, by a process of its own with a moved clock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from django.conf import settings
from django.db import connections
from django.utils import timezone

from accounts.models import Team, User
from config import env
from config.local.ports import any_free
from config.samples.scratch import SUFFIX
from requests_app import tally
from requests_app.models import BudgetWindow
from requests_app.reports import making

CATALOGUE = env.ROOT / "ai" / "routing" / "catalogue.yaml"
COMMAND = (sys.executable, "manage.py", "make_samples")
ADDRESSES = {"default": "DATABASE_URL", "owner": "MIGRATE_DATABASE_URL"}
# The machine's own models and keys have no part in it.
UNSET = (
    "LINTEL_MODELS", "LINTEL_EMBEDDED_MODEL_URL", "OPENROUTER_API_KEY", "LINTEL_METRICS_DIR", "EMAIL_URL",
    "ANTHROPIC_API_KEY_FILE", "OPENAI_API_KEY_FILE", "OPENROUTER_API_KEY_FILE", "OTEL_EXPORTER_OTLP_ENDPOINT",
)  # fmt: skip


class NotMade(Exception):
    """Its text is one sentence; nothing of a history is there."""


def make(guest: str, say: Callable[[str], object]) -> bool:
    """Fourteen days before today, all at once at the end; False where a sample is there already. Raises NotMade."""
    if Team.objects.filter(sample=True).exists():
        say("The sample history is there.")
        return False
    if "owner" not in settings.DATABASES:
        raise NotMade("MIGRATE_DATABASE_URL is not set: only the tables' owner marks sample data.")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as catalogue:
        catalogue.write(priced_catalogue())
        catalogue.flush()
        told = ["--guest", guest] if has_no_past(guest) else []
        _run([*COMMAND, *told], environment(Path(catalogue.name)), say)
    # What beat would do within the hour.
    tally.count_all()
    making.make_due()
    return True


def has_no_past(username: str) -> bool:
    """Whoever has been here before today has budgets of those days, into which no sample is mixed."""
    if not User.objects.filter(username=username).exists():
        return False
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return not BudgetWindow.objects.filter(budget__user__username=username, starts__lt=midnight).exists()


def priced_catalogue() -> str:
    """The shipped one, with the vendors' prices wherever their models seem to stand."""
    told = yaml.safe_load(CATALOGUE.read_text())
    told["providers"]["openai"]["price_source"] = "openai"
    return yaml.safe_dump(told)


def environment(catalogue: Path) -> dict[str, str]:
    url = f"http://127.0.0.1:{any_free()}"
    return {
        **os.environ,
        **dict.fromkeys(UNSET, ""),
        **{variable: address(alias, suffix=SUFFIX) for alias, variable in ADDRESSES.items()},
        "LINTEL_SAMPLES_INTO": address("owner"),
        "DJANGO_SETTINGS_MODULE": "config.settings.samples",
        "SECRET_KEY": settings.SECRET_KEY,
        "LINTEL_CATALOGUE": str(catalogue),
        "ANTHROPIC_API_KEY": "sample",
        "ANTHROPIC_BASE_URL": url,
        "OPENAI_API_KEY": "sample",
        "OPENAI_BASE_URL": f"{url}/v1",
        "LINTEL_TIME_ZONE": settings.LINTEL_TIME_ZONE,
    }


def address(alias: str, *, suffix: str = "") -> str:
    """Of the database that this process has under the alias, or of its neighbour."""
    name = connections[alias].settings_dict["NAME"] + suffix
    return urlsplit(env.text(ADDRESSES[alias]))._replace(path=f"/{name}").geturl()


def _run(command: list[str], told: dict[str, str], say: Callable[[str], object]) -> None:
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            command, cwd=env.ROOT, env=told, stdout=subprocess.PIPE, stderr=complaints, text=True
        )  # fmt: skip
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            for line in process.stdout:
                say(line.strip())
            code = process.wait()
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)  # it drops its database then
                process.wait()
        if code != 0:
            complaints.seek(0)
            last = (complaints.read().strip().splitlines() or [f"it ended with {code}"])[-1]
            raise NotMade(f"The sample history could not be made: {last}")
