"""The admin without unfold: the tests of every table once more, in Django's own dress."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.apps import apps

from config.env import ROOT

TESTS = "tests/integration/admin/test_every_table.py"
OPENS = "test_list_and_page_open or test_every_table_of_ours or test_ledgers"


@pytest.mark.skipif(not apps.is_installed("unfold"), reason="this is the plain run")
@pytest.mark.timeout(300)
def test_every_table_opens_without_unfold() -> None:
    words = ["-m", "pytest", "-q", "--ds=tests.settings_plain_admin", "-k", OPENS, TESTS]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-4000:]
