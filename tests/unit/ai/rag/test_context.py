from __future__ import annotations

import random
from uuid import UUID

import pytest

from ai.rag.context import Context, Passage, build_context
from ai.tokens import estimate

TEXT = "Ducks swim. Geese swim, too. Hens do not. Some ducks can dive. No hen dives."
PLENTY = 1000


def passage(position: int, start: int, end: int, *, fused: float = 0.0, document: int = 1) -> Passage:
    return Passage(
        chunk=UUID(int=document * 100 + position),
        document=UUID(int=document),
        position=position,
        start=start,
        end=end,
        text=TEXT[start:end],
        fused=fused,
    )


def texts(context: Context) -> list[tuple[int, str]]:
    return [(block.key, block.text) for block in context.blocks]


def test_neighbours_become_one_without_what_they_share() -> None:
    context = build_context([passage(1, 12, 41, fused=0.2), passage(0, 0, 28, fused=0.1)], PLENTY)
    assert texts(context) == [(1, TEXT[:41])]
    assert [part.position for part in context.blocks[0].passages] == [0, 1]


def test_neighbours_with_a_gap_are_set_apart() -> None:
    assert texts(build_context([passage(0, 0, 11), passage(1, 12, 28)], PLENTY)) == [
        (1, f"{TEXT[:11]}\n\n{TEXT[12:28]}")
    ]


def test_others_stay_apart_the_best_first() -> None:
    found = [passage(0, 0, 11, fused=0.1), passage(2, 29, 41, fused=0.3), passage(1, 0, 11, fused=0.2, document=2)]
    assert texts(build_context(found, PLENTY)) == [(1, "Hens do not."), (2, "Ducks swim."), (3, "Ducks swim.")]


def test_block_is_as_good_as_its_best_passage() -> None:
    found = [passage(0, 0, 11, fused=0.2), passage(4, 42, 62, fused=0.3), passage(5, 63, 76), passage(1, 12, 28)]
    assert [block.passages[0].position for block in build_context(found, PLENTY).blocks] == [4, 0]


@pytest.mark.parametrize("seed", range(5))
def test_keys_do_not_depend_on_the_order(seed: int) -> None:
    found = [passage(number, number, number + 5, document=number % 3, fused=number % 2) for number in range(9)]
    expected = build_context(found, PLENTY)
    random.Random(seed).shuffle(found)
    assert build_context([*found, found[0]], PLENTY) == expected


@pytest.mark.parametrize("budget", range(0, 40, 3))
def test_budget_is_kept_by_whole_passages(budget: int) -> None:
    found = [passage(number, 12 * number, 12 * number + 12, fused=number / 10) for number in (0, 2, 3, 5)]
    context = build_context(found, budget)
    assert context.tokens == sum(estimate(block.text, None) for block in context.blocks) <= budget
    assert sum(len(block.passages) for block in context.blocks) + context.left_out == 4


def test_what_does_not_fit_leaves_room_for_what_does() -> None:
    found = [passage(0, 0, 76, fused=0.9), passage(3, 0, 11, fused=0.1)]
    context = build_context(found, estimate(TEXT[:11], None))
    assert (texts(context), context.left_out) == ([(1, "Ducks swim.")], 1)
