"""What every deployment shares. Values come from the environment through config.env alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from csp.constants import NONCE, NONE, SELF

from config import env, logs
from config.admin_theme import UNFOLD as UNFOLD

ROOT = env.ROOT
DEBUG = False
SECRET_KEY = env.optional("SECRET_KEY") or ""  # Django refuses to start with an empty one
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")  # former keys, until what they signed has run out
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "config",
    "accounts",
    "ai",
    "ai.rag",
    "documents",
    "requests_app",
    "unfold",  # before the admin, which it dresses; without these two the admin is Django's own
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
    "pgtrigger",
    "rest_framework",
    "simple_history",
]

MIDDLEWARE = [
    "config.request_id.RequestIdMiddleware",
    "config.probes.ProbesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.tracing.TracingMiddleware",
    "config.policy.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.outage.OutageMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]


def database(name: str, *, engine: str, session: str) -> dict[str, Any] | None:
    """One PostgreSQL alias: persistent connections, checked before use; ``session`` sets the server's parameters."""
    entry = env.database(name)
    if entry is None:
        return None
    return {
        **entry,
        "ENGINE": engine,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # A server that vanished without a word is given up after 25 seconds, not after two hours.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "application_name": "lintel",
            "options": f"-c timezone=UTC {session}",
        },
    }


# The application role serves requests; the owner's alias exists only where migrations are run.
DATABASES: dict[str, Any] = {
    alias: entry
    for alias, entry in {
        # A process that was frozen inside a transaction, a sweep's for one, must not hold its locks against all others.
        "default": database(
            "DATABASE_URL",
            engine="config.backends.postgresql",
            session="-c statement_timeout=30s -c idle_in_transaction_session_timeout=10s",
        ),
        "owner": database(
            "MIGRATE_DATABASE_URL", engine="django.db.backends.postgresql", session="-c lock_timeout=10s"
        ),
    }.items()
    if entry is not None
}
DATABASE_ROUTERS = ["config.database_router.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.url("REDIS_URL", "redis", "rediss", "unix")
CACHE_URL = env.url("CACHE_URL", "redis", "rediss", "unix", default=REDIS_URL)
CHANNELS_URL = env.url("CHANNELS_URL", "redis", "rediss", "unix", default=REDIS_URL)
BROKER_URL = env.url("BROKER_URL", "redis", "rediss", "unix", default=REDIS_URL)

# A Redis that hangs must cost its callers a moment, not their life.
REDIS_SOCKET = {"socket_connect_timeout": 1.0, "socket_timeout": 2.0}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "OPTIONS": {**REDIS_SOCKET, "serializer": "config.cache.JsonSerializer"},
        "KEY_PREFIX": "lintel",
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": CHANNELS_URL, **REDIS_SOCKET}], "prefix": "lintel"},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.rights.RightsBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "run"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "static/"
STATIC_ROOT = ROOT / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.HashedStaticFiles"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 - the name of a model
REST_KNOX = {
    "TOKEN_MODEL": "accounts.ApiToken",
    "TOKEN_TTL": timedelta(days=365),
    "TOKEN_PREFIX": "lintel_",
    "AUTH_HEADER_PREFIX": "Bearer",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.bearer.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "config.api_errors.Handler",
    "EXCEPTION_FORMATTER_CLASS": "requests_app.api.problems.ProblemFormatter",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
# What documents' part of the API shares with that of requests, which it does not know.
LINTEL_API_PARSER = "requests_app.api.parsers.StrictJSONParser"  # documents.api
LINTEL_API_NEGOTIATION = "requests_app.api.base.AlwaysJSON"  # documents.api

SPECTACULAR_SETTINGS = {
    "TITLE": "Lintel",
    "VERSION": "1",
    "DESCRIPTION": "Work is accepted with 202, followed by polling or a stream, and never lost. See docs/api.md.",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "requests_app.api.schema.complete"],
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": "requests_app.models.ReviewKind",
        "DocumentKindEnum": "documents.models.DocumentVersion.Kind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

CELERY_BROKER_URL = BROKER_URL
# Workers outlive their broker, however long it is away and whatever it refuses: one that is full takes no command.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1.0,
    "socket_timeout": 5.0,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # no results are kept, and beat need not send a cleaning of them
CELERY_TASK_DEFAULT_QUEUE = "jobs"
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 300
CELERY_TASK_TIME_LIMIT = 330
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SYNC_EVERY = 1  # what was sent stands in the tables at once, for admin and for the next beat
DJANGO_CELERY_BEAT_TZ_AWARE = True

# The engine room. Each is read by the module named behind it.
LINTEL_PROVIDERS = {  # ai.providers: imported at first use, in workers only
    "anthropic": "ai.providers.anthropic",
    "openai": "ai.providers.openai",
}
LINTEL_EMBEDDERS = {  # ai.providers.embedders: imported at first use, in workers only
    "openai": "ai.providers.openai_embeddings",
    "onnx": "ai.providers.onnx_embeddings",
}
LINTEL_CATALOGUE = env.path("LINTEL_CATALOGUE", ROOT / "ai" / "routing" / "catalogue.yaml")  # ai.routing
LINTEL_EMBEDDED_MODEL_URL = env.url("LINTEL_EMBEDDED_MODEL_URL", "http", "https")  # ai.routing
LINTEL_ANTHROPIC_API_KEY = env.secret("ANTHROPIC_API_KEY")  # ai.routing, ai.providers
LINTEL_ANTHROPIC_BASE_URL = env.url("ANTHROPIC_BASE_URL", "http", "https")  # ai.routing
LINTEL_OPENAI_API_KEY = env.secret("OPENAI_API_KEY")  # ai.routing, ai.providers
LINTEL_OPENAI_BASE_URL = env.url("OPENAI_BASE_URL", "http", "https")  # ai.routing
LINTEL_OPENROUTER_API_KEY = env.secret("OPENROUTER_API_KEY")  # ai.routing, ai.providers
LINTEL_MODELS = env.words("LINTEL_MODELS")  # ai.routing
LINTEL_CONTEXT_WINDOW = env.integer("LINTEL_CONTEXT_WINDOW", 8192, least=256)  # ai.routing
# Addresses that providers may be given in admin, beside those of the catalogue's file.
LINTEL_BASE_URLS = env.words("LINTEL_BASE_URLS")  # ai.routing
# The embedding model. Without a word of it: OpenAI's where its key is, else the embedded one where its tokenizer is.
LINTEL_EMBEDDING_MODEL = env.optional("LINTEL_EMBEDDING_MODEL")  # ai.embedding_models
LINTEL_EMBEDDING_BASE_URL = env.url("LINTEL_EMBEDDING_BASE_URL", "http", "https")  # ai.embedding_models
LINTEL_EMBEDDING_API_KEY = env.secret("LINTEL_EMBEDDING_API_KEY")  # ai.embedding_models
# 0: as the model is known to have.
LINTEL_EMBEDDING_DIMENSIONS = env.integer("LINTEL_EMBEDDING_DIMENSIONS", 0)  # ai.embedding_models
LINTEL_EMBEDDING_WINDOW = env.integer("LINTEL_EMBEDDING_WINDOW", 0)  # ai.embedding_models
LINTEL_EMBEDDED_TOKENIZER = env.path("LINTEL_EMBEDDED_TOKENIZER", None)  # ai.providers.onnx_embeddings
LINTEL_EMBEDDING_SECONDS = env.seconds("LINTEL_EMBEDDING_SECONDS", 60.0, least=0.1)  # ai.embedding
# Tokens of a passage; 0: about 500 words, or what the embedding model's window takes.
LINTEL_CHUNK_TOKENS = env.integer("LINTEL_CHUNK_TOKENS", 0)  # ai.rag
# A user's tokens a day where their own budget says nothing; 0 is no limit.
LINTEL_DAILY_TOKENS = env.integer("LINTEL_DAILY_TOKENS", 100_000) or None  # requests_app.ledger
# Waiting and running at once, of one user and of one team, and new ones of a user in any minute; 0 is no limit.
LINTEL_USER_REQUESTS = env.integer("LINTEL_USER_REQUESTS", 1000) or None  # requests_app.ledger
LINTEL_TEAM_REQUESTS = env.integer("LINTEL_TEAM_REQUESTS", 5000) or None  # requests_app.ledger
LINTEL_REQUESTS_PER_MINUTE = env.integer("LINTEL_REQUESTS_PER_MINUTE", 600) or None  # requests_app.ledger
LINTEL_CONNECT_SECONDS = env.seconds("LINTEL_CONNECT_SECONDS", 5.0, least=0.1)  # ai.providers
LINTEL_CONTENT_IDLE_SECONDS = env.seconds("LINTEL_CONTENT_IDLE_SECONDS", 30.0, least=0.1)  # ai.engine
# A model that fails in half of its calls, of at least so many within a minute, is left alone for a while; 0: none is.
LINTEL_BREAKER_CALLS = env.integer("LINTEL_BREAKER_CALLS", 5)  # ai.traffic
LINTEL_FAULTS = env.words("LINTEL_FAULTS")  # ai.faults
LINTEL_MAX_CALLS = env.integer("LINTEL_MAX_CALLS", 6, least=1)  # requests_app.runner
LINTEL_MAX_TAKEOVERS = env.integer("LINTEL_MAX_TAKEOVERS", 3, least=1)  # requests_app.sweep
# Up to so many passages that somebody may see are all looked at; among more, the index finds the nearest.
LINTEL_EXACT_CHUNKS = env.integer("LINTEL_EXACT_CHUNKS", 20_000)  # ai.rag.pgvector_store
LINTEL_MIN_SCORE = env.cosine("LINTEL_MIN_SCORE")  # ai.rag.calibration
LINTEL_REVIEW_HOURS = env.integer("LINTEL_REVIEW_HOURS", 8, least=1)  # requests_app.models.review
LINTEL_TIME_ZONE = env.time_zone("LINTEL_TIME_ZONE", "UTC")  # requests_app.days
LINTEL_REPORT_MAIL = env.words("LINTEL_REPORT_MAIL")  # requests_app.reports.sending
LINTEL_PROMPTS_LIVE = False  # ai.prompts
LINTEL_STREAMS = env.integer("LINTEL_STREAMS", 100, least=1)  # requests_app.worker
LINTEL_SEARCH_THREADS = env.integer("LINTEL_SEARCH_THREADS", 2, least=1)  # requests_app.worker
LINTEL_DATABASE_THREADS = env.integer("LINTEL_DATABASE_THREADS", 6, least=1)  # requests_app.worker
LINTEL_READER_THREADS = env.integer("LINTEL_READER_THREADS", 4, least=1)  # requests_app.stream
LINTEL_WEB_THREADS = env.integer("LINTEL_WEB_THREADS", 8, least=1)  # config.asgi
LINTEL_TOKENS_PER_USER = env.integer("LINTEL_TOKENS_PER_USER", 20, least=1)  # accounts.tokens
LINTEL_TOKEN_MAX_DAYS = env.integer("LINTEL_TOKEN_MAX_DAYS", 0)  # accounts.tokens; 0: no bound
LINTEL_FLUSH_SECONDS = env.seconds("LINTEL_FLUSH_SECONDS", 0.04)  # requests_app.writer
LINTEL_LEASE_SECONDS = env.seconds("LINTEL_LEASE_SECONDS", 10.0, least=1.0)  # requests_app.keeper
LINTEL_LOOK_SECONDS = env.seconds("LINTEL_LOOK_SECONDS", 0.4, least=0.05)  # requests_app.keeper
LINTEL_RENEW_SECONDS = env.seconds("LINTEL_RENEW_SECONDS", 1.0, least=0.1)  # requests_app.keeper
LINTEL_SWEEP_SECONDS = env.seconds("LINTEL_SWEEP_SECONDS", 5.0, least=0.1)  # requests_app.keeper
LINTEL_SHUTDOWN_GRACE_SECONDS = env.seconds("LINTEL_SHUTDOWN_GRACE_SECONDS", 5.0)  # requests_app.worker

# Documents: what one may be, what a user may store (0: no limit), and what reading one may cost.
LINTEL_DOCUMENT_BYTES = env.integer("LINTEL_DOCUMENT_BYTES", 10 * 1024 * 1024, least=1)  # documents.fields
LINTEL_DOCUMENT_PAGES = env.integer("LINTEL_DOCUMENT_PAGES", 2000, least=1)  # documents.extraction
LINTEL_DOCUMENT_CHARACTERS = env.integer("LINTEL_DOCUMENT_CHARACTERS", 3_000_000, least=1)  # documents.extraction
LINTEL_DOCUMENT_RATIO = env.integer("LINTEL_DOCUMENT_RATIO", 100, least=1)  # documents.extraction
LINTEL_EXTRACTION_SECONDS = env.integer("LINTEL_EXTRACTION_SECONDS", 60, least=1)  # documents.extraction
LINTEL_EXTRACTION_MEMORY_MB = env.integer("LINTEL_EXTRACTION_MEMORY_MB", 512, least=128)  # documents.extraction
LINTEL_USER_DOCUMENT_BYTES = env.integer("LINTEL_USER_DOCUMENT_BYTES", 1024**3) or None  # documents.library
LINTEL_DOCUMENTS_PER_MINUTE = env.integer("LINTEL_DOCUMENTS_PER_MINUTE", 120) or None  # documents.library

# Counting begins where it has a folder: one for all processes of a host, emptied when they all start.
LINTEL_METRICS_DIR = env.path("LINTEL_METRICS_DIR", None)  # config.metrics
LINTEL_METRICS_TOKEN = env.optional("LINTEL_METRICS_TOKEN")  # config.metrics
LINTEL_METRICS_HOST = env.text("LINTEL_METRICS_HOST", "127.0.0.1")  # config.metrics, of workers
LINTEL_METRICS_PORT = env.integer("LINTEL_METRICS_PORT", 0)  # config.metrics, of workers; 0: none

globals().update(env.mail("EMAIL_URL", otherwise="dummy"))  # a dummy turns all mails off
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "lintel@localhost")

LOGGING = logs.configuration(env.one_of("LINTEL_LOG_FORMAT", "plain", "json"))
