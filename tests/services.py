"""Loaded by pytest before Django's settings (see addopts): a Postgres and a Valkey of this test process's own.

Every process of a parallel run has its own pair, so that tests may stop, flush and freeze them.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config.local.stack import start_services

HOME = Path(tempfile.mkdtemp(prefix="lintel-tests-"))
SERVICES = start_services(HOME, model=False)


def _stop() -> None:
    SERVICES.stop()
    shutil.rmtree(HOME, ignore_errors=True)


atexit.register(_stop)

# Whatever the developer's shell or .env says, tests touch nothing but these.
os.environ.update(
    DATABASE_URL=SERVICES.database_url,
    MIGRATE_DATABASE_URL=SERVICES.migrate_database_url,
    REDIS_URL=SERVICES.redis_url,
    BROKER_URL="",
    CHANNELS_URL="",
    CACHE_URL="",
    ANTHROPIC_API_KEY="",
    ANTHROPIC_BASE_URL="",
    OPENAI_API_KEY="",
    OPENAI_BASE_URL="",
    OPENROUTER_API_KEY="",
    LINTEL_MODELS="",
    LINTEL_EMBEDDED_MODEL_URL="",
    LINTEL_BREAKER_CALLS="0",  # what one test makes of a model is nothing to the next
    DJANGO_SETTINGS_MODULE="config.settings.test",
)
