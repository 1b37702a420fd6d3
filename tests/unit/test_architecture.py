"""What import-linter cannot see: submodules of Django, and ties between apps' tables."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from config.env import ROOT

WEB = ("django.http", "django.urls", "django.views", "django.shortcuts", "django.template")
OURS = {"accounts", "ai", "ai_rag", "config", "documents", "requests_app"}
CORE = {"ai", "ai_rag"}


def imported_names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_web(name: str) -> bool:
    contrib = name.startswith("django.contrib.") and not name.startswith("django.contrib.postgres")
    return contrib or any(name == web or name.startswith(f"{web}.") for web in WEB)


@pytest.mark.parametrize("file", sorted((ROOT / "ai").rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_ai_core_imports_no_web_module(file: Path) -> None:
    assert not [name for name in imported_names(file) if is_web(name)]


def test_guard_sees_a_web_import(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("from django.http import HttpResponse\nfrom django.contrib import admin\n")
    assert [name for name in imported_names(tmp_path / "wrong.py") if is_web(name)] == [
        "django.http.HttpResponse",
        "django.contrib.admin",
    ]


def test_ai_tables_point_to_no_other_app_of_ours() -> None:
    for model in (model for label in CORE for model in apps.get_app_config(label).get_models()):
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete and field.related_model is not None:
                assert field.related_model._meta.app_label not in OURS - CORE, field


def test_ai_migrations_depend_on_no_other_app_of_ours() -> None:
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    for node in graph.nodes:
        if node[0] in CORE:
            parents = {parent.key[0] for parent in graph.node_map[node].parents}
            assert not parents & (OURS - CORE), node


WEB_PROCESS = """
import sys, django
import config.asgi, config.urls
print(sorted(name for name in ("openai", "anthropic", "xllamacpp") if name in sys.modules))
"""


def test_web_process_never_loads_an_sdk() -> None:
    done = subprocess.run([sys.executable, "-c", WEB_PROCESS], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
