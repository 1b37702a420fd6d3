"""collectstatic as a deployment runs it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from django.conf import settings as project
from django.core.management import call_command
from pytest_django import Settings

IMPORTED = re.compile(r"""^import .* from ["'](.+)["'];$""", re.MULTILINE)


def test_modules_import_each_other_by_hashed_names(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("css", "html", "js", "json", "map", "svg", "txt")  # a minute of it
    settings.STORAGES = {
        **project.STORAGES,
        "staticfiles": {"BACKEND": "config.static_files.HashedStaticFiles"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    ours = [names[name] for name in names if re.match(r"(accounts|documents|lintel|requests_app)/.*\.js$", name)]
    imports = {name: IMPORTED.findall((tmp_path / name).read_text()) for name in ours}
    assert sum(map(len, imports.values())) > 5
    for name, targets in imports.items():
        for target in targets:
            place = (tmp_path / name).parent.joinpath(target).resolve().relative_to(tmp_path.resolve())
            assert str(place) in names.values(), (name, target)


def test_the_deployed_settings_use_it() -> None:
    base = (Path(__file__).parents[3] / "config" / "settings" / "base.py").read_text()
    assert '"BACKEND": "config.static_files.HashedStaticFiles"' in base
