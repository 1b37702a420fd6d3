"""Streams of 20 s in one worker process, 50 begun a second until there are 1,000: as `streams` otherwise."""

from benchmarks.report import Report
from benchmarks.streams import Plan, measured


def measure(*, quick: bool) -> Report:
    return measured(Plan(streams=20 if quick else 1000, chunks=20 if quick else 200, rate=50.0), repeats=1)
