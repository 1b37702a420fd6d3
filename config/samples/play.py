"""Plays the plan with the real engine: intake, claim, runner, review and feedback, one moment after the other.

Only the keeper's thread is missing: its duties are called when the clock says so.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import connections

from accounts.models import Team, User
from ai.errors import PromptError
from ai.prompts.registry import get_prompt
from ai.providers import close_clients, load_adapters
from ai.providers.fake import FakeProvider
from ai.routing import available_providers
from ai.traffic import OPEN_ROAD
from config.samples.clock import CLOCK, MOVE
from config.samples.happenings import Happening, Thumb
from config.samples.scripts import scripts_for
from requests_app import feedback, intake, review
from requests_app.database import DatabaseThreads
from requests_app.errors import RequestError
from requests_app.intake import Submission
from requests_app.keeper import Keeper
from requests_app.live import LivePublisher
from requests_app.models import AIRequest, AIReviewQueue, Rating, Status
from requests_app.runner import Runner
from requests_app.searching import Searches
from requests_app.writer import ChunkWriter

P = ParamSpec("P")
T = TypeVar("T")

REAL_S = 0.06  # what a call of the fake provider takes, about, with all that is stored around it
STEADY = 4.0  # the speed for what waits for real, between two tries
BREATH = timedelta(seconds=2)
AGAIN = timedelta(seconds=95)
STOPPED_AFTER_S = 0.04
MOST_PUT_BACKS = 4


@dataclass(order=True, slots=True)
class Event:
    at: datetime
    order: int
    happen: Callable[[], Any] = field(compare=False)


class Player:
    def __init__(
        self, *, people: Mapping[str, User], teams: Mapping[str, Team], fake: FakeProvider, database: DatabaseThreads,
        runner: Runner, keeper: Keeper,
    ) -> None:  # fmt: skip
        self._people = people
        self._teams = teams
        self._fake = fake
        self._database = database
        self._runner = runner
        self._keeper = keeper
        self._events: list[Event] = []
        self._numbers = count()

    async def play(
        self, happenings: Iterable[Happening], *, until: datetime, new_day: Callable[[date], object]
    ) -> None:
        """What would come after ``until`` has not happened yet: a verdict that somebody still owes."""
        days: set[date] = set()
        for one in happenings:
            self._plan(one.at, self._ask, one)
        while self._events:
            event = heapq.heappop(self._events)
            if event.at >= until:
                continue
            if event.at.date() not in days:
                days.add(event.at.date())
                new_day(event.at.date())
                await self._move(event.at)
                await self._database.run(self._keeper.sweep)
            await self._move(event.at)
            await event.happen()

    def _plan(self, at: datetime, happen: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        heapq.heappush(self._events, Event(at, next(self._numbers), lambda: happen(*args, **kwargs)))

    async def _move(self, to: datetime, *, speed: float = 1.0) -> None:
        """Never back: what took longer than planned puts off what comes next."""
        await self._database.run(move, max(to, CLOCK.now() + BREATH), speed)

    async def _ask(self, one: Happening, retry_of: AIRequest | None = None) -> None:
        request = await self._database.run(self._accept, one, retry_of)
        if request is None:
            return
        self._fake.scripts.queue.clear()
        self._fake.scripts.push(*scripts_for(one, input_tokens=request.input_estimate))
        await self._database.run(move, CLOCK.now(), STEADY if one.outcome == "cut" else one.took_s / REAL_S)
        match one.outcome:
            case "withdrawn":
                await self._database.run(intake.cancel, request)
            case "late":
                await self._move(request.deadline + BREATH)
                await self._database.run(self._keeper.sweep)
            case "stopped":
                await self._stop(request)
            case _:
                await self._run(request)
        await self._follow(
            one, await self._database.run(AIRequest.objects.select_related("template").get, pk=request.pk)
        )

    def _accept(self, one: Happening, retry_of: AIRequest | None) -> AIRequest | None:
        """None where an edited prompt takes other input than the shipped one, or a budget is used up."""
        asked = Submission(
            prompt_key=one.prompt, payload=dict(one.payload), team=self._teams[one.team], priority=one.priority,
            lane=one.lane, retry_of=retry_of,
        )  # fmt: skip
        try:
            return intake.accept(self._people[one.person], asked).request
        except (RequestError, PromptError):
            return None

    async def _run(self, request: AIRequest) -> None:
        for _again in range(MOST_PUT_BACKS):
            await self._runner.run_next()
            await self._database.run(request.refresh_from_db)
            if request.status != Status.PENDING or request.not_before is None:
                return
            await self._move(request.not_before + BREATH)

    async def _stop(self, request: AIRequest) -> None:
        running = asyncio.create_task(self._runner.run_next())
        await asyncio.sleep(STOPPED_AFTER_S)
        await self._database.run(intake.cancel, request)
        await self._database.run(self._keeper.look)
        await running

    async def _follow(self, one: Happening, request: AIRequest) -> None:
        """What people do afterwards."""
        if one.thumb and request.status == Status.DONE:
            self._plan(CLOCK.now() + timedelta(seconds=one.thumb.after_s), self._rate, one.thumb, request)
        if one.judgement and request.status == Status.REVIEW:
            self._plan(CLOCK.now() + timedelta(seconds=one.judgement.after_s), self._judge, one, request.pk)
        if one.asks_again and request.status in {Status.FAILED, Status.EXPIRED}:
            again = replace(one, outcome="done", asks_again=False)
            self._plan(CLOCK.now() + AGAIN, self._ask, again, request)

    async def _rate(self, thumb: Thumb, request: AIRequest) -> None:
        rating = Rating.UP if thumb.up else Rating.DOWN
        await self._database.run(feedback.give, request, rating=rating, comment=thumb.comment, tags=thumb.tags)

    async def _judge(self, one: Happening, request_id: UUID) -> None:
        await self._database.run(self._decide, one, request_id)
        self._plan(CLOCK.now() + timedelta(seconds=review.UNDO_S + 1), self._database.run, review.deliver)

    def _decide(self, one: Happening, request_id: UUID) -> None:
        assert one.judgement is not None  # noqa: S101 - it was planned for it
        judge, said = self._people[one.judgement.by], one.judgement
        item = AIReviewQueue.objects.get(request=request_id).pk
        review.take(judge, item)
        move(CLOCK.now() + timedelta(seconds=40 + said.after_s % 200), 1.0)
        if said.verdict == "rejected":
            review.reject(judge, item, note=said.note)
        else:
            review.approve(judge, item, note=said.note, text=said.text or None)


def move(to: datetime, speed: float) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(MOVE, [to, speed])
    CLOCK.move(to, speed)


@asynccontextmanager
async def engine(port: int, *, people: Mapping[str, User], teams: Mapping[str, Team]) -> AsyncIterator[Player]:
    """A worker's parts on this loop, and the provider that they call."""
    database = DatabaseThreads(3, "database")
    load_adapters(await database.run(available_providers))
    live = LivePublisher()
    writer = ChunkWriter(database, live.chunks, 0.005)
    loop = asyncio.get_running_loop()
    searches = Searches(1)
    runner = Runner(
        loop=loop, database=database, writer=writer, live=live, traffic=OPEN_ROAD, searches=searches, capacity=4
    )
    keeper = Keeper(runner=runner, start_more=lambda _count: None)
    standing = [asyncio.create_task(each) for each in (writer.run(), live.run())]
    async with FakeProvider(port=port) as fake:
        await database.run(keeper.renew)
        yield Player(people=people, teams=teams, fake=fake, database=database, runner=runner, keeper=keeper)
        for task in standing:
            task.cancel()
        await asyncio.gather(*standing, return_exceptions=True)
        await close_clients()
    searches.close()
    database.close()


def known_prompts(happenings: Iterable[Happening]) -> list[Happening]:
    """Without those whose prompt has been taken out of this copy."""
    keys = {one.prompt for one in happenings}
    there = {key for key in keys if _is_there(key)}
    return [one for one in happenings if one.prompt in there]


def _is_there(key: str) -> bool:
    try:
        return not get_prompt(key).unavailable
    except PromptError:
        return False
