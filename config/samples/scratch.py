"""The database in which the history is made: the owner's, beside the real one, dropped at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from config.samples.clock import INSTALL, SEARCH_PATH

SUFFIX = "_samples"
LOCK = 0x53414D50  # "SAMP": one history is made at a time


class Busy(Exception):
    """Another process is making the history."""


@contextmanager
def scratch(real_url: str, *, name: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The real database's connection; the scratch one is there meanwhile, empty but for its clock. Raises Busy.

    What a killed run left is dropped first.
    """
    with psycopg.connect(real_url, autocommit=True) as real:
        row = real.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if row != (True,):
            raise Busy
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        real.execute(drop)
        real.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with psycopg.connect(real_url, dbname=name, options=f"-c search_path={SEARCH_PATH}") as made:
                made.execute(INSTALL)
            yield real
        finally:
            real.execute(drop)
