"""Which prompts there are to choose from, and who would answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from ai.models import PromptTemplate
from ai.prompts.registry import load_prompts
from ai.routing import model_for
from requests_app.intake import terms_of
from requests_app.pages.wording import title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    template: PromptTemplate

    @property
    def key(self) -> str:
        return self.template.key

    @property
    def title(self) -> str:
        return title_of(self.key)

    @property
    def label(self) -> str:
        return str(self.template)

    @property
    def description(self) -> str:
        return self.template.description.strip()

    @property
    def words(self) -> str:
        """What a search looks through."""
        return f"{self.key} {self.title} {self.description}".casefold()

    def has(self, query: str) -> bool:
        return all(word in self.words for word in query.casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """The models that a prompt's route names; the first answers, the others stand by."""

    models: tuple[str, ...]
    demonstration: bool

    @property
    def first(self) -> str:
        return self.models[0] if self.models else ""

    @property
    def others(self) -> str:
        return ", ".join(self.models[1:])


def choices() -> list[Choice]:
    """What a person may run, those with short answers first: an unavailable prompt is refused at the door."""
    available = [Choice(template=template) for template in load_prompts() if not template.unavailable]
    return sorted(available, key=lambda choice: choice.template.max_tokens)


def chosen(offered: Sequence[Choice], key: str) -> Choice | None:
    """The one asked for, else the first."""
    return next((choice for choice in offered if choice.key == key), next(iter(offered), None))


def why_absent(key: str) -> str:
    """Why the prompt that was asked for is not among the choices."""
    template = next((each for each in load_prompts() if each.key == key), None)
    if template is None:
        return _("There is no prompt named “%(key)s”.") % {"key": key}
    return f"{title_of(key)}: {template.unavailable}."


def answerer_of(template: PromptTemplate, user: User) -> Answerer:
    """For a request that the user's own team pays."""
    terms = terms_of(user, None)
    route = model_for(template.key, template.route, level=terms.level, catalogue=terms.catalogue)
    return Answerer(
        models=tuple(model.name for model in route), demonstration=bool(route) and route[0].provider.demonstration
    )
