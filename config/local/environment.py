"""What a start is told by its environment and `.env`, and what it tells its children."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.checks import lease_messages
from config.local.errors import LocalError
from config.local.home import REPOSITORY, Home
from config.local.setup import VENV

DATABASES = ("DATABASE_URL", "MIGRATE_DATABASE_URL")
REDISES = ("BROKER_URL", "CHANNELS_URL", "CACHE_URL")
MODELS = (
    *("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"),
    *("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "LINTEL_EMBEDDED_MODEL_URL"),
)
EMBEDDERS = ("OPENAI_API_KEY", "LINTEL_EMBEDDING_BASE_URL", "LINTEL_EMBEDDING_MODEL", "LINTEL_EMBEDDED_TOKENIZER")
SETTINGS = "config.settings.local"
PATIENCE = ("LINTEL_SHUTDOWN_GRACE_SECONDS", "LINTEL_LEASE_SECONDS", "LINTEL_RENEW_SECONDS")
SPARE_SECONDS = 7.0  # to hand streams over and give the lease back, after the grace


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which servers are embedded; the others stand elsewhere, as the environment says."""

    home: Home
    port: int
    postgres: bool
    valkey: bool
    model: bool
    embedder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things take as Django's settings have it, in seconds."""

    to_end_s: float
    lease_s: float


def home() -> Home:
    return Home(env.path("LINTEL_HOME", REPOSITORY / ".local"))


def read_plan() -> Plan:
    """Look at every value that decides a start; a wrong one is named before anything is started."""
    try:
        return Plan(
            home=home(),
            port=_port(),
            postgres=_databases_embedded(),
            valkey=_valkey_embedded(),
            model=not any(env.optional(name) for name in MODELS),
            embedder=not any(env.optional(name) for name in EMBEDDERS),
        )
    except ImproperlyConfigured as wrong:
        raise LocalError(str(wrong)) from wrong


def _port() -> int:
    port = env.integer("PORT", 8000, least=1)
    if port > 65535:
        raise LocalError(f"PORT={port} is greater than 65535.")
    return port


def _databases_embedded() -> bool:
    urls = {name: env.url(name, "postgres", "postgresql") for name in DATABASES}
    if not any(urls.values()):
        return True
    for name, url in urls.items():
        if url is None:
            raise LocalError(f"{name} is missing: a database of your own is named by {' and '.join(DATABASES)}.")
        _try(name, partial(_reach_database, url))
    return False


def _valkey_embedded() -> bool:
    """REDIS_URL replaces it, and so do its three uses when each is named."""
    named = {name: env.url(name, "redis", "rediss", "unix") for name in ("REDIS_URL", *REDISES)}
    for name, url in named.items():
        if url:
            _try(name, partial(_reach_redis, url))
    return not named["REDIS_URL"] and not all(named[name] for name in REDISES)


def _reach_database(url: str) -> None:
    psycopg.connect(url, connect_timeout=5).close()


def _reach_redis(url: str) -> None:
    redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5).ping()


def _try(name: str, reach: Callable[[], object]) -> None:
    try:
        reach()
    except (psycopg.Error, redis.RedisError, ValueError) as error:
        raise LocalError(f"{name} leads nowhere: {str(error).strip()}") from error


def child_environment(plan: Plan, servers: Mapping[str, str]) -> dict[str, str]:
    """Everything a process of ours is given: the person's own environment, and where the embedded servers are."""
    mine = {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "LINTEL_HOME": str(plan.home.root),
        "LINTEL_METRICS_DIR": str(plan.home.metrics),
        **_no_proxy(),
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PORT": str(plan.port),
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": env.optional("SECRET_KEY") or plan.home.secrets().secret_key,
    }
    return {**os.environ, **mine, **servers}


def read_patience(plan: Plan) -> Patience:
    """Let Django read its settings once, before anything runs: a bad LINTEL_ value ends the start here."""
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1"}
    given = {name: value for name, value in nowhere.items() if not env.optional(name)}
    command = [sys.executable, "-c", f"from {SETTINGS} import *; print({', '.join(PATIENCE)})"]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=child_environment(plan, given), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LocalError((done.stderr.strip().splitlines() or ["The settings cannot be read."])[-1].partition(": ")[2])
    shutdown_grace_s, lease_s, renew_s = map(float, done.stdout.split())
    for fault in lease_messages(lease_s=lease_s, renew_s=renew_s):
        raise LocalError(fault.msg)
    return Patience(to_end_s=shutdown_grace_s + SPARE_SECONDS, lease_s=lease_s)


def _no_proxy() -> dict[str, str]:
    """A proxy for the outside must not be asked for our own servers; programs read either spelling."""
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    exempt = ",".join(part for part in (given, "127.0.0.1", "localhost") if part)
    return {"NO_PROXY": exempt, "no_proxy": exempt}
