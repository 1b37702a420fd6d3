"""What words add to vectors on labelled questions and on names, and which questions a minimum score turns down.

The labelled set is the handbook's, whose questions avoid the words of what answers them; the names are those that one
topic of Python's manual alone has. Questions of another subject are the handbook's, put to the manual.
"""

from __future__ import annotations

import json

from benchmarks.bed import bed
from benchmarks.ingest import FEW_TOPICS, PATIENCE_S
from benchmarks.report import Report
from config.local.home import REPOSITORY, Home
from config.local.terminal import Terminal
from config.local.weights import ensure_tokenizer

TOPICS = 79


def measure(*, quick: bool) -> Report:
    tokenizer = ensure_tokenizer(Home(REPOSITORY / ".local"), Terminal())
    if tokenizer is None:
        return Report(how="The embedded model's tokenizer cannot be had here.", rows=[], wrong=["nothing measured"])
    topics = FEW_TOPICS if quick else TOPICS
    with bed({"LINTEL_EMBEDDED_TOKENIZER": str(tokenizer)}) as stack:
        found = json.loads(
            stack.run("-m", "benchmarks.questions_asking", str(topics), seconds=PATIENCE_S).splitlines()[-1]
        )
    return Report(how=f"the embedded model; {topics} topics of the manual", rows=found["rows"], also=found["refused"])
