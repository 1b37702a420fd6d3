"""The acceptance flow on real vendors: from each that is configured a structured answer, a summary, a stopped one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from asgiref.sync import sync_to_async

from accounts.models import User
from ai.pricing import cost_of
from ai.prompts.registry import get_prompt, render_prompt
from ai.routing import QualityLevel, available_providers, model_for
from ai.tokens import answer_limit, estimate_messages
from ai.types import JSON, ModelSpec, Usage
from requests_app.intake import Submission, accept, cancel
from requests_app.models import AIRequest, Status
from requests_app.stream import follow

TICKET = "I was charged twice for October. Please send one payment back."
TEXT = (
    "The library on Mill Street opens again on 3 March after two years of building. It now has a reading room with "
    "eighty seats, a workshop with sewing machines and a 3D printer, and a café run by volunteers. The city paid 4.2 "
    "million of the 5 million it cost; donors gave the rest. Opening hours grow from 38 to 52 a week, Sundays included."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    prompt_key: str
    payload: JSON
    stopped: bool = False
    """Cancelled as soon as its first text is there."""


STEPS = (
    Step(name="structured", prompt_key="ticket_classify", payload={"ticket": TICKET}),
    Step(name="summary", prompt_key="document_summary", payload={"document": TEXT}),
    Step(
        name="cancel",
        prompt_key="document_summary",
        payload={"document": TEXT, "length": "five bullet points"},
        stopped=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One step, asked of one model alone."""

    step: Step
    model: ModelSpec

    def dearest(self) -> Decimal | None:
        """The most it can cost, as far as we can know: our count of its input, and an answer of full length."""
        template = get_prompt(self.step.prompt_key)
        messages = render_prompt(template, self.step.payload)
        most = Usage(
            input_tokens=estimate_messages(messages, self.model),
            output_tokens=answer_limit(template.max_tokens, messages, self.model),
        )
        cost = cost_of(most, self.model)
        return cost.usd if cost else None

    def run(self, user: User) -> Outcome:
        step = self.step
        request = accept(
            user, Submission(prompt_key=step.prompt_key, payload=step.payload, model=self.model.name)
        ).request
        asyncio.run(_follow(request, stop=step.stopped))
        request.refresh_from_db()
        return Outcome(trial=self, request=request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    trial: Trial
    request: AIRequest

    @property
    def fault(self) -> str:
        """Why the step failed; empty where it did not."""
        request, wanted = self.request, Status.CANCELLED if self.trial.step.stopped else Status.DONE
        if request.status != wanted:
            return request.error_message or f"{request.status} instead of {wanted}"
        if wanted == Status.DONE and get_prompt(request.prompt_key).output_schema and request.output is None:
            return "no structured output"
        return ""

    @property
    def first_text_s(self) -> float | None:
        return self._seconds_to(self.request.first_token)

    @property
    def all_s(self) -> float | None:
        return self._seconds_to(self.request.completed)

    def _seconds_to(self, moment: datetime | None) -> float | None:
        return None if moment is None else (moment - self.request.created).total_seconds()


def trials() -> Iterator[Trial]:
    """Of each vendor the model that its key would answer with."""
    for provider in available_providers():
        for step in STEPS if not provider.demonstration else ():
            route = model_for(step.prompt_key, get_prompt(step.prompt_key).route, level=QualityLevel.BALANCED)
            mine = next((model for model in route if model.provider.name == provider.name), None)
            if mine is not None:
                yield Trial(step=step, model=mine)


async def _follow(request: AIRequest, *, stop: bool) -> None:
    async for event in follow(request.pk):
        if stop and event["type"] == "chunk":
            stop = False
            await sync_to_async(cancel)(request)
