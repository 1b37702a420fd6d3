"""Days of quality figures as a busy installation has them, out of a seed: for measuring, and for looking at pages."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from requests_app.reports.figures import WHOLE, Day, Figures, Subject

NAMES = (
    "document_summary", "ticket_classify", "rag_answer", "contract_analysis", "code_review", "sentiment_score",
    "intent_detection", "medical_summary", "financial_report", "architecture_audit",
)  # fmt: skip
CODES = ("provider_unavailable", "deadline_exceeded", "output_invalid", "incomplete")
SAD = Subject(prompt="rag_answer", version="1")


def versions_of(count: int) -> list[Subject]:
    return [Subject(prompt=NAMES[at % len(NAMES)], version=str(1 + at // len(NAMES))) for at in range(count)]


def quality_days(last: date, days: int, versions: Sequence[Subject], *, seed: int = 7) -> Iterator[tuple[date, Day]]:
    """The oldest first. Users do not like SAD, and one day is worse than the others."""
    draw = random.Random(seed)
    for back in reversed(range(days)):
        day = last - timedelta(days=back)
        quiet = 0.4 if day.weekday() >= 5 else 1.0
        hard = 3.0 if back == days // 3 else 1.0
        yield day, _day(draw, versions, quiet, hard)


def _day(draw: random.Random, versions: Sequence[Subject], quiet: float, hard: float) -> Day:
    parts = {subject: _figures(draw, subject, quiet, hard) for subject in versions}
    prompts = {Subject(prompt=subject.prompt) for subject in versions}
    of_prompts = {
        prompt: _sum(figures for subject, figures in parts.items() if subject.prompt == prompt.prompt)
        for prompt in prompts
    }
    return {**parts, **of_prompts, WHOLE: _sum(iter(parts.values()))}


def _figures(draw: random.Random, subject: Subject, quiet: float, hard: float) -> Figures:
    done = int(draw.randint(60, 240) * quiet)
    failures = {code: int(draw.randint(0, 3) * hard) for code in CODES}
    failures = {code: number for code, number in failures.items() if number}
    ratings = int(done * 0.2)
    up = int(ratings * draw.uniform(0.55, 0.7) if subject == SAD else ratings * draw.uniform(0.84, 0.98))
    gated = subject.prompt in ("medical_summary", "financial_report", "contract_analysis")
    decided = done // 3 if gated else 0
    length, first, total = draw.uniform(600, 1400), draw.uniform(0.4, 0.9) * hard, draw.uniform(2, 5) * hard
    return Figures(
        done=done, failed=sum(failures.values()), cancelled=draw.randint(0, 6), failures=failures,
        served_again=done // 30, rejected=decided // 20,
        judged=done, refusals=draw.randint(0, 4), up=up, down=ratings - up,
        calls=done + draw.randint(0, 20), input_tokens=done * 600, cache_read_tokens=done * 900,
        cache_write_tokens=done * 20, output_tokens=done * 240, cost_usd=Decimal(done) * Decimal("0.0041"),
        lengths=done, length_p10=length * 0.4, length_p50=length, length_p90=length * 2.1,
        first_tokens=done, first_token_p50=first, first_token_p95=first * 2.5, first_token_p99=first * 4,
        totals=done, total_p50=total, total_p95=total * 2.2, total_p99=total * 3.5,
        reviews=decided + draw.randint(0, 3) if gated else 0, decided=decided, overruled=decided // 8,
    )  # fmt: skip


def _sum(parts: Iterator[Figures]) -> Figures:
    """Percentiles are those of any of the parts: nobody checks them here."""
    whole: dict[str, object] = {}
    failures: dict[str, int] = {}
    for part in parts:
        for name in Figures.__dataclass_fields__:
            value = getattr(part, name)
            if isinstance(value, int | Decimal):
                whole[name] = whole.get(name, 0) + value  # type: ignore[operator]
            elif name != "failures":
                whole[name] = value
        for code, number in part.failures.items():
            failures[code] = failures.get(code, 0) + number
    return Figures(**whole, failures=failures)  # type: ignore[arg-type]
