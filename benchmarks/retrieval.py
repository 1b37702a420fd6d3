"""How well and how fast passages are found among 100,000, of which all, a tenth or a hundredth may be seen.

The vectors are synthetic, in clusters, and the text follows Zipf's law; so the times hold for the machine and the
recall for the index, and neither says how well a model understands: `questions` does. The second table is where
LINTEL_EXACT_CHUNKS comes from.
"""

from __future__ import annotations

import json

from benchmarks.bed import bed
from benchmarks.report import Report

CHUNKS, QUICK, QUESTIONS, FEW = 100_000, 2_000, 300, 6
PATIENCE_S = 1800.0


def measure(*, quick: bool) -> Report:
    chunks, questions = (QUICK, FEW) if quick else (CHUNKS, QUESTIONS)
    with bed() as stack:
        printed = stack.run("-m", "benchmarks.retrieval_asking", str(chunks), str(questions), seconds=PATIENCE_S)
    found = json.loads(printed.splitlines()[-1])
    wrong = [f"{row['short lists']} short lists with {row['visible']}" for row in found["levels"] if row["short lists"]]
    return Report(
        how=f"{chunks:,} passages, {questions} questions, ten passages each, one after the other",
        rows=found["levels"],
        also=found["crossing"],
        wrong=wrong,
    )
