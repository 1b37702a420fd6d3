"""Users, teams and API tokens. This app imports no other app of ours."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken
from uuid_utils.compat import uuid7

USE_NOTED_EVERY = timedelta(minutes=1)


class User(AbstractUser):  # type: ignore[django-manager-missing]  # the token library's manager is untyped
    """A person. Every user has a personal team from the first save on; users are anonymised, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            adding = self._state.adding
            super().save(*args, **kwargs)
            if adding:
                Team.objects.open_personal(self)

    @property
    def personal_team(self) -> Team:
        return Team.objects.get(personal_of=self)

    @property
    def personal_team_id(self) -> UUID:
        return _personal_team_id(self.pk)


class TeamQuerySet(models.QuerySet["Team"]):
    def of(self, user: User) -> TeamQuerySet:
        """The teams that the user is a member of."""
        return self.filter(memberships__user=user)

    def paying_for(self, user: User) -> TeamQuerySet:
        """Those that the user may have pay for requests: what is sample data is made by nobody but `load_demo`."""
        return self.of(user).filter(sample=False)

    def open_personal(self, user: User) -> Team:
        team = self.create(name=user.username, personal_of=user)
        Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)
        return team


class Team(models.Model):
    """Who shares budgets, documents and cost sums; never the text of requests."""

    class Tier(models.TextChoices):
        FREEMIUM = "freemium", _("freemium")
        PRO = "pro", _("pro")
        PREMIUM = "premium", _("premium")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=150)
    personal_of = models.OneToOneField(
        User, verbose_name=_("personal team of"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sample = models.BooleanField(
        _("sample data"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_("Made by load_demo, with all that it pays for. A person is, whose personal team is."),
    )
    tier = models.CharField(
        _("tier"),
        max_length=50,
        choices=Tier.choices,
        blank=True,
        default="",
        db_default="",
        help_text=_("What it has subscribed to; it decides the quality of the models that answer. Empty: the middle."),
    )
    created = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def personal(self) -> bool:
        return self.personal_of_id is not None


@lru_cache(maxsize=10_000)
def _personal_team_id(user_id: UUID) -> UUID:
    """It stays the same for ever, so it is asked for once a process."""
    team_id: UUID = Team.objects.values_list("pk", flat=True).get(personal_of=user_id)
    return team_id


class Membership(models.Model):
    """One person in one team."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MEMBER = "member", _("member")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.MEMBER)
    created = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class ApiToken(AbstractAuthToken):  # type: ignore[misc]  # the library is untyped
    """A bearer token: only its digest is stored, so ``public_id`` is what people and URLs name it by."""

    public_id = models.UUIDField(unique=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=100)
    last_used = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

    @property
    def expired(self) -> bool:
        return self.expiry is not None and self.expiry <= timezone.now()

    def mark_used(self) -> None:
        """Remember when, at most once a minute: not every call may be a write, and of callers at once one writes."""
        now = timezone.now()
        if self.last_used is not None and now - self.last_used < USE_NOTED_EVERY:
            return
        due = models.Q(last_used=None) | models.Q(last_used__lte=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(due, pk=self.pk).update(last_used=now)
