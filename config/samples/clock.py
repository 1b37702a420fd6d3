"""The moved clock: one in the database that decides, one here that ids are made with. Both show the same.

Between two moves it runs ``speed`` times as fast as time does, so that what takes the fake provider some milliseconds
took seconds. In the database it stands before PostgreSQL's own on the search path, so that all that asks for the time
is told this one: defaults of columns, functions, statements.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat

SEARCH_PATH = "public,pg_catalog"
INSTALL = """
CREATE SCHEMA moved;
CREATE TABLE moved.clock (since timestamptz, shows timestamptz, speed float8);
INSERT INTO moved.clock SELECT pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp(), 1;
GRANT USAGE ON SCHEMA moved TO PUBLIC;
GRANT SELECT ON moved.clock TO PUBLIC;
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT shows + (pg_catalog.clock_timestamp() - since) * speed FROM moved.clock';
CREATE FUNCTION public.statement_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT public.clock_timestamp()';
CREATE FUNCTION public.transaction_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT public.clock_timestamp()';
CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT public.clock_timestamp()';
"""
MOVE = "UPDATE moved.clock SET since = pg_catalog.clock_timestamp(), shows = %s, speed = %s"

uuid7_now = uuid_utils.compat.uuid7


@dataclass(slots=True)
class Clock:
    shows: float = field(default_factory=time.time)
    speed: float = 1.0
    since: float = field(default_factory=time.monotonic)

    def move(self, to: datetime, speed: float) -> None:
        self.shows, self.speed, self.since = to.timestamp(), speed, time.monotonic()

    def time(self) -> float:
        return self.shows + (time.monotonic() - self.since) * self.speed

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def uuid7(self) -> UUID:
        return uuid7_now(nanoseconds=int(self.time() * 1e9))


CLOCK = Clock()
