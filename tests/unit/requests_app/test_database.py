from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest
from django.db import DataError, OperationalError

from requests_app.database import DatabaseThreads, Together


@pytest.fixture
def threads() -> Iterator[DatabaseThreads]:
    threads = DatabaseThreads(2, "tests")
    yield threads
    threads.close()


def test_what_is_asked_meanwhile_is_asked_together(threads: DatabaseThreads) -> None:
    asked: list[list[int]] = []
    under_way, goes_on = threading.Event(), threading.Event()

    def doubled(numbers: Sequence[int]) -> list[int]:
        asked.append(list(numbers))
        under_way.set()
        goes_on.wait(10)
        return [2 * number for number in numbers]

    async def many() -> list[int]:
        together = Together(threads, doubled)
        first = asyncio.create_task(together.ask(1))
        await asyncio.to_thread(under_way.wait, 10)
        others = [asyncio.create_task(together.ask(number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        goes_on.set()
        return list(await asyncio.gather(first, *others))

    assert asyncio.run(many()) == [2, 4, 6, 8]
    assert asked == [[1], [2, 3, 4]]


def test_who_asked_may_ask_again_after_a_failure(threads: DatabaseThreads) -> None:
    failures = iter([OperationalError("away")])

    def answer(questions: Sequence[int]) -> list[int]:
        for failure in failures:
            raise failure
        return list(questions)

    async def twice() -> tuple[list[object], int]:
        together = Together(threads, answer)
        refused = await asyncio.gather(together.ask(1), together.ask(2), return_exceptions=True)
        return list(refused), await together.ask(3)

    refused, answered = asyncio.run(twice())
    assert [type(each) for each in refused] == [OperationalError, OperationalError]
    assert refused[0] is not refused[1]
    assert answered == 3


def test_question_that_cannot_be_asked_fails_alone(threads: DatabaseThreads) -> None:
    def answer(questions: Sequence[int]) -> list[int]:
        if 2 in questions:
            raise DataError("out of range")
        return list(questions)

    async def three() -> list[object]:
        together = Together(threads, answer)
        return list(await asyncio.gather(*map(together.ask, (1, 2, 3)), return_exceptions=True))

    first, second, third = asyncio.run(three())
    assert (first, type(second), third) == (1, DataError, 3)


def test_who_gave_up_keeps_no_other_from_an_answer(threads: DatabaseThreads) -> None:
    async def race() -> int:
        together: Together[int, int] = Together(threads, list)
        gone = asyncio.create_task(together.ask(1))
        stays = asyncio.create_task(together.ask(2))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert asyncio.run(race()) == 2
