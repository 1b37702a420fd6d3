"""A server behind TLS. `manage.py check --deploy` must find nothing here."""

from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from config import env, logs
from config.settings.base import *  # noqa: F403

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LINTEL_DEMO = False
if LINTEL_FAULTS and not env.flag("LINTEL_STAGING", default=False):  # noqa: F405
    raise ImproperlyConfigured("LINTEL_FAULTS makes calls fail on purpose: only with LINTEL_STAGING=yes.")
LOGGING = logs.configuration(env.one_of("LINTEL_LOG_FORMAT", "json", "plain"))
# Maps are for debuggers, and compressing them takes longer than everything else.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
