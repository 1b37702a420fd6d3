"""The catalogue's tables, which admin edits, and the versions that every process reads.

A statement that changes one of the four tables writes the whole catalogue as a new version, in the same commit. So a
version is never seen half, one number says whether anything has changed, and requests keep the version they were
accepted under.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from ai.fingerprint import fingerprint
from ai.routing.entries import KEY_SETTING, URL_SETTING
from ai.routing.rules import Problem, price_problems, provider_problems, tier_problems
from ai.routing.snapshot import PRIORITIES
from ai.types import Capability

EDITOR = "lintel.editor"
DOUBLE = _("There is a route of this action for these already.")
# The lock lets one change of the catalogue commit after the other, so that none is missing from the newest version.
WRITE_VERSION = """
LOCK TABLE ai_catalogueversion IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO ai_catalogueversion ("by", content)
SELECT coalesce(current_setting('lintel.editor', true), ''), now_.content
FROM (SELECT jsonb_build_object(
    'providers', (SELECT coalesce(jsonb_agg(to_jsonb(row_) ORDER BY row_.name), '[]') FROM ai_llmprovider AS row_),
    'models', (SELECT coalesce(jsonb_agg(to_jsonb(row_) ORDER BY row_.name), '[]') FROM ai_llmmodel AS row_),
    'routes', (SELECT coalesce(jsonb_agg(to_jsonb(row_) ORDER BY row_.id), '[]') FROM ai_modelroute AS row_),
    'tiers', (SELECT coalesce(jsonb_agg(to_jsonb(row_) ORDER BY row_.tier), '[]') FROM ai_tierqualitymapping AS row_)
) AS content) AS now_
WHERE now_.content IS DISTINCT FROM (SELECT content FROM ai_catalogueversion ORDER BY number DESC LIMIT 1);
RETURN NULL;
"""


def versioned() -> list[pgtrigger.Trigger]:
    return [
        pgtrigger.Trigger(
            name="new_version",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            func=WRITE_VERSION,
        )
    ]


@contextmanager
def editing(by: str, *, using: str = "default") -> Iterator[None]:
    """One commit, whose versions name who made them."""
    with transaction.atomic(using=using):
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [EDITOR, by])
        yield
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT set_config(%s, '', true)", [EDITOR])


class CatalogueRow(models.Model):
    """A row that a release may bring. ``fingerprint`` is that of its content as it was imported: a row that still fits
    it was edited by nobody.
    """

    KEY: ClassVar[tuple[str, ...]]
    CONTENT: ClassVar[tuple[str, ...]]
    """What a person may change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fingerprint = models.CharField(max_length=12, blank=True, default="", editable=False)

    class Meta:
        abstract = True

    def problems(self) -> Iterator[Problem]:
        """What the file's own rules find wrong with it."""
        return iter(())

    def clean(self) -> None:
        if wrong := dict(self.problems()):
            raise ValidationError(wrong)

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.KEY)

    @property
    def content(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.CONTENT}

    def mark(self) -> None:
        """As imported, from now on."""
        self.fingerprint = self._mark()

    @property
    def untouched(self) -> bool:
        return self.fingerprint == self._mark()

    def _mark(self) -> str:
        """Of what is not as usual: a column that a later release adds makes no row an edited one."""
        fields = {name: self._meta.get_field(name.removesuffix("_id")) for name in self.CONTENT}
        usual = {name: field.get_default() for name, field in fields.items() if isinstance(field, models.Field)}
        return fingerprint({name: value for name, value in self.content.items() if value != usual[name]})


class LimitedRow(CatalogueRow):
    """What is over waits, or goes to the next model: ``ai.traffic``."""

    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: no limit."),
    )
    tokens_per_minute = models.PositiveIntegerField(
        _("tokens a minute"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Empty: no limit.")
    )

    class Meta:
        abstract = True


class LLMProvider(LimitedRow):
    """A place to call. The key is the *name* of a setting, never the key."""

    KEY = ("name",)
    CONTENT = (
        "kind", "base_url", "base_url_setting", "api_key_setting", "price_source", "requests_per_minute",
        "tokens_per_minute", "demonstration", "enabled",
    )  # fmt: skip

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=50, help_text=_("The protocol: an adapter of LINTEL_PROVIDERS."))
    base_url = models.CharField(
        _("base URL"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("One that LINTEL_BASE_URLS or the catalogue's file names. Empty: its kind's own."),
    )
    base_url_setting = models.CharField(
        _("setting of the base URL"),
        max_length=100,
        blank=True,
        default="",
        help_text=_("The name of a setting, which goes before the base URL where it is set."),
    )
    api_key_setting = models.CharField(
        _("setting of the key"), max_length=100, blank=True, default="", help_text=_("The name of a setting, no key.")
    )
    price_source = models.CharField(
        _("price source"),
        max_length=100,
        blank=True,
        default="",
        help_text=_("Its id in the price library. Empty: whose address it is."),
    )
    demonstration = models.BooleanField(
        _("demonstration"), default=False, help_text=_("Answers only where nothing else is configured.")
    )
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(api_key_setting="") | models.Q(api_key_setting__regex=KEY_SETTING),
                name="provider_names_its_keys_setting",
                violation_error_message=_("Name a setting that ends with _API_KEY; no key stands here."),
            ),
            models.CheckConstraint(
                condition=models.Q(base_url_setting="") | models.Q(base_url_setting__regex=URL_SETTING),
                name="provider_names_its_urls_setting",
                violation_error_message=_("Name a setting that ends with _BASE_URL or _MODEL_URL."),
            ),
        ]
        triggers = versioned()

    def __str__(self) -> str:
        return self.name

    def problems(self) -> Iterator[Problem]:
        names = {"base_url_setting": self.base_url_setting, "api_key_setting": self.api_key_setting}
        return provider_problems(kind=self.kind, base_url=self.base_url, names=names)


class LLMModel(LimitedRow):
    """A model and what it can do. Without prices of its own it costs what the price library says."""

    KEY = ("name",)
    CONTENT = (
        "provider_id", "context_window", "max_output_tokens", "capabilities", "prices", "unpriced", "reasoning_effort",
        "thinking", "thought_tokens", "cache_from_tokens", "first_text_s", "token_factor", "requests_per_minute",
        "tokens_per_minute", "enabled",
    )  # fmt: skip

    name = models.CharField(_("name"), max_length=200, unique=True)
    provider = models.ForeignKey(
        LLMProvider, verbose_name=_("provider"), to_field="name", on_delete=models.PROTECT, related_name="models"
    )
    context_window = models.PositiveIntegerField(_("context window"), validators=[MinValueValidator(1)])
    max_output_tokens = models.PositiveIntegerField(_("most output tokens"), validators=[MinValueValidator(1)])
    capabilities = ArrayField(
        models.CharField(max_length=50, choices=[(each.value, each.value) for each in Capability]),
        verbose_name=_("capabilities"),
        blank=True,
        default=list,
    )
    prices = models.JSONField(
        _("prices"),
        blank=True,
        default=list,
        help_text=_(
            "USD per million tokens, oldest first, each but the first from a day on: "
            '[{"from": "2027-01-01", "input": "2", "output": "10", "cache_read": "0.2", "cache_write": "2.5"}]'
        ),
    )
    unpriced = models.BooleanField(
        _("price unknown"), default=False, help_text=_("Nobody knows its price, and that is meant.")
    )
    reasoning_effort = models.CharField(_("reasoning effort"), max_length=50, blank=True, default="")
    thinking = models.CharField(_("thinking"), max_length=50, blank=True, default="")
    thought_tokens = models.PositiveIntegerField(_("room for thoughts"), default=0)
    cache_from_tokens = models.PositiveIntegerField(
        _("caches from"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    first_text_s = models.FloatField(
        _("seconds to the first text"), null=True, blank=True, validators=[MinValueValidator(0.1)]
    )
    token_factor = models.FloatField(_("token factor"), default=1.0, validators=[MinValueValidator(0.01)])
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering = ["name"]
        triggers = versioned()

    def __str__(self) -> str:
        return self.name

    def problems(self) -> Iterator[Problem]:
        return price_problems(self.prices, unpriced=self.unpriced)


class ModelRoute(CatalogueRow):
    """Who answers an action, in one scope: NULL is any level, any priority."""

    KEY = ("action", "quality_level", "priority")
    CONTENT = ("tiers", "size", "enabled")

    action = models.CharField(
        _("action"),
        max_length=63,
        help_text=_("A prompt's key, or the route that prompts name; “default” answers for all others."),
    )
    quality_level = models.PositiveSmallIntegerField(
        _("quality level"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("1 to 9, as the tier of the team says; empty: any."),
    )
    priority = models.CharField(  # noqa: DJ001 - any priority is not an empty one
        _("priority"),
        max_length=16,
        null=True,
        blank=True,
        choices=[(each, each) for each in PRIORITIES],
        help_text=_("Empty: any."),
    )
    tiers = models.JSONField(
        _("tiers"),
        help_text=_(
            "Asked one after the other; the models of a tier share its traffic by weight: "
            '[{"gpt-6-luna": 3, "claude-haiku-5-5": 1}, {"smollm2-135m-instruct": 1}]'
        ),
    )
    size = models.CharField(
        _("size"),
        max_length=50,
        blank=True,
        default="",
        help_text=_("Models that LINTEL_MODELS names for this size stand in the place of the tiers."),
    )
    enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ["action", "quality_level", "priority"]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "quality_level", "priority"],
                condition=models.Q(quality_level__isnull=False, priority__isnull=False),
                name="route_exact",
                violation_error_message=DOUBLE,
            ),
            models.UniqueConstraint(
                fields=["action", "quality_level"],
                condition=models.Q(quality_level__isnull=False, priority__isnull=True),
                name="route_level_only",
                violation_error_message=DOUBLE,
            ),
            models.UniqueConstraint(
                fields=["action", "priority"],
                condition=models.Q(quality_level__isnull=True, priority__isnull=False),
                name="route_priority_only",
                violation_error_message=DOUBLE,
            ),
            models.UniqueConstraint(
                fields=["action"],
                condition=models.Q(quality_level__isnull=True, priority__isnull=True),
                name="route_any",
                violation_error_message=DOUBLE,
            ),
            models.CheckConstraint(
                condition=models.Q(quality_level=None) | models.Q(quality_level__range=(1, 9)),
                name="route_level_between_1_and_9",
            ),
            models.CheckConstraint(
                condition=models.Q(priority=None) | models.Q(priority__in=PRIORITIES), name="route_priority_known"
            ),
        ]
        triggers = versioned()

    def __str__(self) -> str:
        scope = [str(each) for each in (self.quality_level, self.priority) if each is not None]
        return f"{self.action} ({', '.join(scope) or _('any')})"

    def problems(self) -> Iterator[Problem]:
        if wrong := list(tier_problems(self.tiers)):
            yield from wrong
            return
        names = {name for tier in self.tiers for name in tier}
        if unknown := names - set(LLMModel.objects.filter(name__in=names).values_list("name", flat=True)):
            yield "tiers", _("There is no model %(name)s.") % {"name": min(unknown)}


class TierQualityMapping(CatalogueRow):
    """The quality level of teams of a tier."""

    KEY = ("tier",)
    CONTENT = ("quality_level",)

    tier = models.CharField(_("tier"), max_length=50, unique=True)
    quality_level = models.PositiveSmallIntegerField(
        _("quality level"), validators=[MinValueValidator(1), MaxValueValidator(9)]
    )

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["quality_level", "tier"]
        constraints = [
            models.CheckConstraint(condition=models.Q(quality_level__range=(1, 9)), name="tier_level_between_1_and_9"),
        ]
        triggers = versioned()

    def __str__(self) -> str:
        return self.tier


class CatalogueVersion(models.Model):
    """All rows of the four tables as one commit left them; written by their triggers, never changed or deleted."""

    number = models.BigAutoField(primary_key=True)
    content = models.JSONField(_("content"), editable=False)
    by = models.CharField(_("by"), max_length=150, blank=True, db_default="", editable=False)
    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("version of the catalogue")
        verbose_name_plural = _("versions of the catalogue")
        ordering = ["-number"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.number)
