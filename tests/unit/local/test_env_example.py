"""Every variable that the product reads is described, and nothing else is."""

import re

from config.local.home import REPOSITORY

READ = re.compile(r'env\.[a-z_]+\(\s*"([A-Z_]+)"')
DATABASE = re.compile(r'database\(\s*"([A-Z_]+)",\s')
OFFERED = re.compile(r"^#([A-Z_]+)=", re.MULTILINE)
ELSEWHERE = {
    "LINTEL_SAMPLES_INTO",  # told by a command to the process that it starts, never by people
    "YES",  # `make reset YES=1` is an answer, not a setting
}


def variables_read() -> set[str]:
    sources = [path.read_text() for path in (REPOSITORY / "config").rglob("*.py")]
    return {name for source in sources for pattern in (READ, DATABASE) for name in pattern.findall(source)}


def test_example_describes_what_is_read() -> None:
    offered = set(OFFERED.findall((REPOSITORY / ".env.example").read_text()))
    assert offered ^ variables_read() == ELSEWHERE
