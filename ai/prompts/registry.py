"""The front door to prompts: which there are, which version is live, and what a model is sent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.db import connection

from ai.errors import PromptNotFound
from ai.prompts.live import WATCH
from ai.prompts.models import LIVE, PromptLabel, PromptTemplate
from ai.prompts.rendering import render_spec
from ai.prompts.variables import validate_payload
from ai.types import JSON, Message

# Asked at each acceptance, and by hand: the ORM takes four times as long to word it.
LIVE_VERSION = """
SELECT template.id, template.published FROM ai_promptlabel AS label
JOIN ai_prompttemplate AS template ON template.id = label.template_id
WHERE label.key = %s AND label.label = %s ORDER BY label.at DESC, label.id DESC LIMIT 1
"""


def load_prompts() -> list[PromptTemplate]:
    """The live version of every prompt that asks a model, by key.

    A file that is broken at the moment leaves its last version live.
    """
    if settings.LINTEL_PROMPTS_LIVE:
        WATCH.look()
    templates = (label.template for label in PromptLabel.objects.live())
    return [template for template in templates if template.spec.search is None]


def get_prompt(key: str) -> PromptTemplate:
    """The live version. Raises PromptNotFound, and in local settings PromptBroken when a file of it is wrong."""
    if settings.LINTEL_PROMPTS_LIVE:
        WATCH.look()
        WATCH.raise_if_broken(key)
    with connection.cursor() as cursor:
        cursor.execute(LIVE_VERSION, [key, LIVE])
        live = cursor.fetchone()
    if live is None:
        raise PromptNotFound(f"There is no prompt named {key!r}.")
    return _stored(*live)


def stored_prompt(template_id: UUID) -> PromptTemplate:
    """A version as it was accepted, live or not."""
    return _stored(template_id, None)


@lru_cache(maxsize=512)
def _stored(template_id: UUID, _published: bool | None) -> PromptTemplate:
    """Each is read once a process: nothing of it ever changes but ``published``."""
    return PromptTemplate.objects.get(pk=template_id)


def validate(template: PromptTemplate, payload: object) -> None:
    """Raises VariablesInvalid, which names each wrong variable by JSON pointer."""
    validate_payload(template.spec, payload)


def render_prompt(
    template: PromptTemplate, values: JSON, passages: Mapping[int, str] | None = None
) -> tuple[Message, ...]:
    """The messages for one call: new marks around free text each time. Raises VariablesInvalid.

    ``passages``: what was found for a prompt that retrieves, by the number that its answer cites.
    """
    validate_payload(template.spec, values)
    return render_spec(template.spec, values, passages)


def move_label(*, key: str, version: str, by: str, reason: str) -> PromptLabel:
    """Makes a version live without a deploy: its published content, else its latest draft. Raises PromptNotFound."""
    if not by or not reason:
        raise ValueError("Moving a label needs a name and a reason.")
    template = PromptTemplate.objects.filter(key=key, version=version).order_by("-published", "-created").first()
    if template is None:
        raise PromptNotFound(f"There is no version {version!r} of {key!r} in the database.")
    return PromptLabel.objects.create(key=key, label=LIVE, template=template, by=by, reason=reason)
