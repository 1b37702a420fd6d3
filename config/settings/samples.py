"""The process that makes sample data: the real settings, a moved clock, and nobody to tell."""

import uuid_utils.compat

from config.samples.clock import CLOCK, SEARCH_PATH

uuid_utils.compat.uuid7 = CLOCK.uuid7  # type: ignore[assignment]  # before any model takes it: ids are times

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import DATABASES  # noqa: E402

for alias in DATABASES.values():
    alias["OPTIONS"]["options"] += f" -c search_path={SEARCH_PATH} -c synchronous_commit=off"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody here has a password
CELERY_BROKER_URL = "memory://"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LINTEL_DEMO = True
LINTEL_PROMPTS_LIVE = False
LINTEL_METRICS_DIR = None
LINTEL_FLUSH_SECONDS = 0.005
LINTEL_LEASE_SECONDS = 100 * 24 * 3600.0  # of a clock that jumps
LINTEL_USER_REQUESTS = LINTEL_TEAM_REQUESTS = LINTEL_REQUESTS_PER_MINUTE = None
