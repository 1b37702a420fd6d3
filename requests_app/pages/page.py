"""Everything that the page of one request shows, read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from ai.types import JSON
from requests_app import freshness
from requests_app.grounds import Grounds, grounds_of
from requests_app.models import AIRequest, Status
from requests_app.pages.answers import Answer, answer_of
from requests_app.pages.changes import headline, sentences
from requests_app.pages.facts import Fact, cost_of, demonstration, facts_of
from requests_app.pages.feedback import Feedback, feedback_of
from requests_app.pages.forms import as_text
from requests_app.pages.place import Place, place_of
from requests_app.pages.snippets import Snippet, snippets_of
from requests_app.pages.timeline import Step, steps_of
from requests_app.pages.wording import ago, failure, title_of

KEY_COMMAND = "OPENAI_API_KEY=... make run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a person must not miss; ``tone`` is bad, warm or plain."""

    tone: str
    icon: str
    title: str
    text: str
    command: str = ""
    again: bool = False
    """Whether it offers to run the request again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One value of the payload under the name that the form gave it."""

    label: str
    text: str


class RequestPage:
    """The page's view of a request; each part is worked out when a template asks for it."""

    def __init__(self, request: AIRequest, *, host: str) -> None:
        self._request = request
        self._host = host
        self.token = str(uuid4())

    @property
    def id(self) -> UUID:
        return self._request.pk

    @property
    def title(self) -> str:
        return title_of(self._request.prompt_key)

    @property
    def prompt(self) -> str:
        return f"{self._request.prompt_key}@{self._request.prompt_version}"

    @property
    def status(self) -> str:
        return self._request.status

    @property
    def status_label(self) -> str:
        return _("stopping") if self.stopping else self._request.get_status_display()

    @cached_property
    def grounds(self) -> Grounds:
        return grounds_of(self._request)

    @property
    def final(self) -> bool:
        return self._request.final

    @property
    def stopping(self) -> bool:
        return not self.final and self._request.cancel_requested_at is not None

    @property
    def sample(self) -> bool:
        return self._request.team.sample

    @property
    def created_words(self) -> str:
        return ago(self._request.created)

    @property
    def created_iso(self) -> str:
        return self._request.created.isoformat()

    @cached_property
    def answer(self) -> Answer:
        answer = answer_of(self._request)
        assert answer is not None  # noqa: S101 - only an answer up to a given position may be missing
        return replace(answer, waiting=self.waiting.sheet) if self.waiting and not answer.text else answer

    @cached_property
    def waiting(self) -> Place | None:
        return place_of(self._request)

    @property
    def feedback(self) -> Feedback | None:
        return feedback_of(self._request)

    @property
    def steps(self) -> list[Step]:
        return steps_of(self._request, list(self._request.attempts.order_by("number")), self.waiting)

    @property
    def facts(self) -> list[Fact]:
        return facts_of(self._request)

    @property
    def snippets(self) -> list[Snippet]:
        return snippets_of(self._request, host=self._host)

    @property
    def sent(self) -> list[Sent]:
        return sent_values(self._request.payload, self._request.template.spec.properties)

    @property
    def notices(self) -> list[Notice]:
        return [*_stale(self._request), *_notices(self._request, self.waiting)]


def sent_values(payload: JSON, properties: JSON) -> list[Sent]:
    """In the order of the form."""
    return [
        Sent(label=str(schema["title"]), text=as_text(payload[name]))
        for name, schema in properties.items()
        if name in payload
    ]


def _stale(request: AIRequest) -> Iterator[Notice]:
    if changes := freshness.changes(request):
        yield Notice(tone="warm", icon="again", title=headline(changes), text=sentences(changes), again=True)


def _notices(request: AIRequest, waiting: Place | None) -> Iterator[Notice]:
    kept = _("What had been written is kept.") if request.partial else ""
    closing = f"{kept} {cost_of(request).sentence}".strip()
    if request.status == Status.CANCELLED:
        yield Notice(tone="plain", icon="stop", title=_("Stopped"), text=closing)
    elif request.status == Status.REJECTED:
        yield Notice(tone="bad", icon="warn", title=_("A reviewer rejected the answer"), text=request.error_message)
    elif request.status in {Status.FAILED, Status.EXPIRED}:
        yield Notice(tone="bad", icon="warn", title=_failure_title(request), text=closing)
    elif waiting is not None and waiting.reason == "worker":
        text = _("Your request is safe. It begins as soon as a worker starts.")
        yield Notice(tone="warm", icon="warn", title=_("No worker is running"), text=text)
    if demonstration(request):
        text = _("A small model on this machine answers here. For a large one:")
        title = _("Demonstration model: expect mistakes")
        yield Notice(tone="warm", icon="spark", title=title, text=text, command=KEY_COMMAND)


def _failure_title(request: AIRequest) -> str:
    return failure(request.error_code or "deadline_exceeded").rstrip(".")
