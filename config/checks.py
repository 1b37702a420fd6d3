"""What can be wrong with a deployment, said by `manage.py check` and not by a failure at midnight.

Here is what settings alone can tell; what the servers themselves tell is in config/database_checks.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import connections
from django.utils.module_loading import import_string

FEWEST_KEY_CHARACTERS = 50
KNOWN_KEY_MARKS = ("django-insecure-", "test-secret-key", "change-me")
# Placeholders of our own files, and what images and tutorials begin with.
KNOWN_PASSWORDS = {"password", "postgres", "lintel", "lintel_app", "lintel_owner", "changeme", "change-me", "secret"}
REDIS_URLS = ("REDIS_URL", "BROKER_URL", "CHANNELS_URL", "CACHE_URL")


@register()
def addresses(**_: Any) -> list[CheckMessage]:
    return list(address_messages(database=has_server("default"), broker=bool(settings.BROKER_URL)))


def address_messages(*, database: bool, broker: bool) -> Iterator[CheckMessage]:
    """Nothing works without a database and a broker."""
    for name, there, number in (("DATABASE_URL", database, "lintel.E001"), ("REDIS_URL", broker, "lintel.E002")):
        if not there:
            hint = f"Set {name}, or start `make run`, whose servers are found; .env.example describes it."
            yield Error(f"{name} is not set.", hint=hint, id=number)


@register()
def lease(**_: Any) -> list[CheckMessage]:
    return list(lease_messages(lease_s=settings.LINTEL_LEASE_SECONDS, renew_s=settings.LINTEL_RENEW_SECONDS))


def lease_messages(*, lease_s: float, renew_s: float) -> Iterator[CheckMessage]:
    """A lease that is renewed once a term is lost by the first renewal that comes late."""
    if renew_s >= lease_s / 2:
        said = f"LINTEL_RENEW_SECONDS={renew_s:g} is not less than half of LINTEL_LEASE_SECONDS={lease_s:g}."
        hint = "Workers would lose what they run. Renew some times in each lease; ten times is good."
        yield Error(said, hint=hint, id="lintel.E012")


@register()
def report_mail(**_: Any) -> list[CheckMessage]:
    return list(report_mail_messages(settings.LINTEL_REPORT_MAIL))


def report_mail_messages(addresses: list[str]) -> Iterator[CheckMessage]:
    """One wrong address would have the server refuse the mail to all."""
    for address in addresses:
        try:
            EmailValidator(allowlist=["localhost"])(address)
        except ValidationError:
            hint = "Name addresses, comma-separated: quality@example.org,olga@example.org."
            yield Error(f"LINTEL_REPORT_MAIL has {address!r}, which is no address.", hint=hint, id="lintel.E020")


@register(Tags.security, deploy=True)
def production(**_: Any) -> list[CheckMessage]:
    """Settings that are right at home and dangerous elsewhere."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("DEBUG is on: errors show source and settings to everybody.", id="lintel.E003"))
    if settings.LINTEL_DEMO:
        found.append(Error("LINTEL_DEMO is on: anybody may log in as admin/admin.", id="lintel.E005"))
    if "*" in settings.ALLOWED_HOSTS:
        hint = "Name the hosts that people type; addresses in mails and redirects are made of them."
        found.append(Error("ALLOWED_HOSTS has '*': any Host header is believed.", hint=hint, id="lintel.E013"))
    if not _sends_a_policy():
        found.append(Error("Pages are sent without a Content-Security-Policy.", id="lintel.E016"))
    return found


def _sends_a_policy() -> bool:
    middlewares = map(import_string, settings.MIDDLEWARE)
    sent = any(isinstance(each, type) and issubclass(each, CSPMiddleware) for each in middlewares)
    return sent and "default-src" in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]


@register(Tags.security, deploy=True)
def secrets(**_: Any) -> list[CheckMessage]:
    keys = {"SECRET_KEY": settings.SECRET_KEY}
    keys |= {f"SECRET_KEY_FALLBACKS[{place}]": key for place, key in enumerate(settings.SECRET_KEY_FALLBACKS)}
    return [*key_messages(keys), *password_messages(dict(_passwords()))]


def key_messages(keys: dict[str, str]) -> Iterator[CheckMessage]:
    hint = f"Use {FEWEST_KEY_CHARACTERS} or more random characters; sessions and sign-in links rest on it."
    for name, key in keys.items():
        if len(key) < FEWEST_KEY_CHARACTERS or key.startswith(KNOWN_KEY_MARKS):
            yield Error(f"{name} is short or publicly known.", hint=hint, id="lintel.E004")


def password_messages(passwords: dict[str, str]) -> Iterator[CheckMessage]:
    for name, password in passwords.items():
        if password.lower() in KNOWN_PASSWORDS:
            hint = "Choose a random one, such as `openssl rand -hex 32` prints."
            yield Error(f"The password in {name} is publicly known.", hint=hint, id="lintel.E014")


def _passwords() -> Iterator[tuple[str, str]]:
    """Where none is given, the server asks for something else."""
    for alias, entry in settings.DATABASES.items():
        yield f"the database {alias!r}", str(entry.get("PASSWORD") or "")
    for name in REDIS_URLS:
        yield name, unquote(urlsplit(getattr(settings, name) or "").password or "")


def has_server(alias: str) -> bool:
    return str(connections[alias].settings_dict["ENGINE"]).endswith("postgresql")
