"""pip's configuration reaches uv whole, and only where uv was not configured itself."""

import pytest

from config.local.packages import NoUv, as_uv, locked, parse_pip_settings

LISTED = """\
:env:.cert='/etc/ca.pem'
global.index-url='https://example.org/simple'
global.extra-index-url='https://a.example.org https://b.example.org'
install.index-url='https://install.example.org/simple'
site.ignored='x'
"""
LOCK = "uv==1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nuvicorn==2.0 \\\n    --hash=sha256:cc\n"


def test_later_section_wins() -> None:
    assert parse_pip_settings(LISTED)["index-url"] == "https://install.example.org/simple"


def test_unknown_section_is_ignored() -> None:
    assert "ignored" not in parse_pip_settings(LISTED)


@pytest.mark.parametrize(
    ("pip", "variable", "value"),
    [
        ({"index-url": "https://i.example.org"}, "UV_DEFAULT_INDEX", "https://i.example.org"),
        ({"extra-index-url": "https://a\nhttps://b"}, "UV_INDEX", "https://a https://b"),
        ({"find-links": "/one /two"}, "UV_FIND_LINKS", "/one,/two"),
        ({"cert": "/etc/ca.pem"}, "SSL_CERT_FILE", "/etc/ca.pem"),
        ({"trusted-host": "a b"}, "UV_INSECURE_HOST", "a b"),
        ({"timeout": "60"}, "UV_HTTP_TIMEOUT", "60"),
        ({}, "UV_INDEX_STRATEGY", "unsafe-best-match"),
    ],
)
def test_setting_reaches_uv(pip: dict[str, str], variable: str, value: str) -> None:
    assert as_uv(pip, {})[variable] == value


def test_own_uv_configuration_stays() -> None:
    told = as_uv({"index-url": "https://i.example.org"}, {"UV_DEFAULT_INDEX": "https://mine.example.org"})
    assert "UV_DEFAULT_INDEX" not in told


def test_unset_is_not_told() -> None:
    assert as_uv({}, {}) == {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def test_locked_lines_carry_hashes() -> None:
    assert locked("uv", LOCK) == "uv==1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"


def test_unlocked_package_is_refused() -> None:
    with pytest.raises(NoUv):
        locked("pip", LOCK)
