"""Answers that must have a form: taken, mended, asked for once more, or given up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ai.engine import Answered, Job, Stopped, failed
from ai.providers.fake import FakeProvider, Script
from ai.types import Capability
from tests.unit.ai.engine.driving import driven, job

SCHEMA = {"type": "object", "properties": {"kind": {"enum": ["billing"]}}, "required": ["kind"]}
FIT = Script(text='{"kind": "billing"}')
UNFIT = Script(text='{"kind": "weather"}')
MENDABLE = Script(text="{'kind': 'billing'}")
OK = Answered(text='{"kind": "billing"}', value={"kind": "billing"})


def shaped(fake: FakeProvider, *names: str, **changes: Any) -> Job:
    return job(fake, *names, schema=SCHEMA, **changes)


async def test_value_comes_with_the_text(fake: FakeProvider) -> None:
    result = await driven(shaped(fake))
    assert result.end == OK
    assert result.outcomes == ["done"]


async def test_fence_is_no_part_of_the_value(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text='```json\n{"kind": "billing"}\n```'))
    result = await driven(shaped(fake))
    assert result.end == replace(OK, text='```json\n{"kind": "billing"}\n```')


async def test_mended_answer_is_marked_and_its_text_kept(fake: FakeProvider) -> None:
    fake.scripts.push(MENDABLE)
    result = await driven(shaped(fake))
    assert result.end == Answered(text="{'kind': 'billing'}", value={"kind": "billing"}, repaired=True)
    assert len(fake.ledger.calls) == 1


async def test_unfit_answer_is_asked_for_once_more(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, FIT)
    result = await driven(shaped(fake))
    assert result.end == OK
    assert result.calls == [("small", "first"), ("small", "reask")]
    assert result.outcomes == ["output_invalid", "done"]


async def test_second_question_shows_the_answer_and_what_is_wrong(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, FIT)
    await driven(shaped(fake))
    first, second = fake.ledger.calls
    assert "/kind: 'weather' is not one of ['billing']" in second.question
    assert "JSON Schema" not in second.question  # this model was given it by its provider
    assert second.input_tokens > first.input_tokens + first.output_tokens


async def test_model_without_schemas_is_shown_the_form(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, FIT)
    task = shaped(fake)
    plain = replace(task.route[0], capabilities=task.route[0].capabilities - {Capability.JSON_SCHEMA})
    assert (await driven(replace(task, route=(plain,)))).end == OK
    assert '{"type": "object", "properties": {"kind"' in fake.ledger.calls[1].question


async def test_full_window_repeats_the_question(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, FIT)
    task = shaped(fake)
    narrow = replace(task.route[0], context_window=130)
    assert (await driven(replace(task, route=(narrow,)))).end == OK
    first, second = fake.ledger.calls
    assert (first.question, first.input_tokens) == (second.question, second.input_tokens)


async def test_unfit_twice_is_over_without_another_model(fake: FakeProvider) -> None:
    fake.scripts.default = UNFIT
    result = await driven(shaped(fake, "small", "large"))
    assert result.end == failed("output_invalid")
    assert result.text == UNFIT.text
    assert len(fake.ledger.calls) == 2


async def test_unfit_then_empty_is_empty(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, Script(text=""))
    assert (await driven(shaped(fake))).end == failed("empty")


async def test_earlier_claim_has_asked_again_already(fake: FakeProvider) -> None:
    fake.scripts.default = UNFIT
    result = await driven(shaped(fake, reasked=True))
    assert result.end == failed("output_invalid")
    assert len(fake.ledger.calls) == 1


async def test_last_call_is_not_followed_by_another(fake: FakeProvider) -> None:
    fake.scripts.default = UNFIT
    result = await driven(shaped(fake, calls_left=1))
    assert result.end == failed("output_invalid")
    assert len(fake.ledger.calls) == 1


async def test_text_that_is_kept_is_not_asked_for_again(fake: FakeProvider) -> None:
    fake.scripts.default = UNFIT
    result = await driven(shaped(fake, cut="incomplete"))
    assert result.end == failed("output_invalid")
    assert len(fake.ledger.calls) == 1


async def test_second_question_that_breaks_is_repeated(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, Script(status=500), FIT)
    result = await driven(shaped(fake))
    assert result.end == OK
    assert result.calls == [("small", "first"), ("small", "reask"), ("small", "retry")]
    assert fake.ledger.calls[2].question == fake.ledger.calls[1].question


async def test_another_model_gets_the_first_question(fake: FakeProvider) -> None:
    fake.scripts.by_model["large"] = FIT
    fake.scripts.push(UNFIT, Script(status=500), Script(status=500))
    result = await driven(shaped(fake, "small", "large"))
    assert result.end == OK
    assert result.calls[-1] == ("large", "fallback")
    assert fake.ledger.calls[-1].question == fake.ledger.calls[0].question


async def test_second_question_turned_down_leaves_the_answer_unfit(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, Script(status=400, error_code="context_length_exceeded"))
    assert (await driven(shaped(fake))).end == failed("output_invalid")


async def test_second_question_turned_down_at_its_retry_does_so_too(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, Script(status=503), Script(status=400, error_code="context_length_exceeded"))
    result = await driven(shaped(fake))
    assert [reason for _model, reason in result.calls] == ["first", "reask", "retry"]
    assert result.end == failed("output_invalid")


async def test_stop_during_the_second_question(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, Script(text="abc", ending="hang"))
    task = shaped(fake)
    result = await driven(task, lambda _: task.stop.pull("cancelled") if len(fake.ledger.calls) == 2 else None)
    assert result.end == Stopped(reason="cancelled")
    assert result.outcomes == ["output_invalid", "cancelled"]


async def test_deadline_during_the_second_question(fake: FakeProvider) -> None:
    fake.scripts.push(UNFIT, Script(text="abc", ending="hang"))
    assert (await driven(shaped(fake, deadline_s=1.0))).end == failed("deadline_exceeded")


@pytest.mark.parametrize(
    ("stop", "code"),
    [
        ("max_tokens", "incomplete"),
        ("paused", "incomplete"),
        ("unknown", "incomplete"),
        ("refusal", "refused"),
    ],
)
@pytest.mark.parametrize("text", [FIT.text, MENDABLE.text, '{"kind": "bill'])
async def test_what_was_not_finished_is_neither_taken_nor_mended(
    fake: FakeProvider, stop: Any, code: str, text: str
) -> None:
    fake.scripts.push(Script(text=text, stop=stop))
    result = await driven(shaped(fake))
    assert result.end == failed(code)
    assert len(fake.ledger.calls) == 1


async def test_refusal_in_words_is_no_value(fake: FakeProvider) -> None:
    fake.scripts.push(Script(text='{"kind": "billing"}', as_refusal=True))
    assert (await driven(shaped(fake))).end == failed("refused")


async def test_a_check_that_fails_itself_still_closes_the_call_with_its_usage(fake: FakeProvider) -> None:
    fake.scripts.push(FIT)
    broken = {"type": "object", "properties": {"kind": {"pattern": "("}}}
    result = await driven(job(fake, schema=broken))
    assert result.end == failed("internal_error")
    assert result.outcomes == ["internal_error"]
    assert not result.closed[0].usage.estimated
