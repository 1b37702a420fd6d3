from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/requests_app/airequest/"])
def test_the_admin_gets_what_its_theme_needs_and_no_more(admin: Client, path: str) -> None:
    policy = directives(admin.get(path))
    assert "'unsafe-eval'" in policy["script-src"]
    assert "'unsafe-inline'" not in policy["script-src"]
    assert policy["style-src"] == ["'self'"]
    assert policy["style-src-attr"] == ["'unsafe-inline'"]


@pytest.mark.parametrize("path", ["/", "/login", "/nowhere", "/administration"])
def test_every_other_page_stays_strict(admin: Client, path: str) -> None:
    assert "unsafe" not in admin.get(path)["Content-Security-Policy"]


def directives(response: object) -> dict[str, list[str]]:
    parts = response["Content-Security-Policy"].split(";")  # type: ignore[index]
    return {name: words for name, *words in (part.split() for part in parts)}
