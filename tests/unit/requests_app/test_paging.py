from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest

from requests_app.paging import Cursor


def test_cursor_survives_its_way_through_a_url() -> None:
    cursor = Cursor(created=datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC), id=UUID(int=7))
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "é",
        "%%%",
        "abc",
        urlsafe_b64encode(b"2026-11-21T09:30:00+00:00 not-a-uuid").decode(),
        urlsafe_b64encode(b"2026-11-21T09:30:00 00000000-0000-0000-0000-000000000007").decode(),
        urlsafe_b64encode(b"0001-01-01T00:00:00+14:00 00000000-0000-0000-0000-000000000007").decode(),
        urlsafe_b64encode(b"\xff").decode(),
    ],
)
def test_garbage_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError):
        Cursor.parse(text)
