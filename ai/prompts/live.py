"""Edited files are live at once, in local settings: a look at the files' times before each use."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from django.db import transaction

from ai.errors import FileProblem, PromptBroken
from ai.prompts.lock import LOCK
from ai.prompts.publish import publish
from ai.prompts.source import TEMPLATES, display_name, prompt_paths

logger = logging.getLogger(__name__)

_Stamp = tuple[tuple[str, int, int], ...]  # path, mtime in ns, size


class Watch:
    """What this process saw of the files when it last published them."""

    def __init__(self, *, root: Path = TEMPLATES, lock_path: Path = LOCK) -> None:
        self._root = root
        self._lock_path = lock_path
        self._seen: _Stamp | None = None
        self._problems: list[FileProblem] = []
        self._one_at_a_time = threading.Lock()

    def look(self) -> None:
        """Publishes what changed. Some stat calls when nothing did."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        with self._one_at_a_time:
            self._problems = publish(drafts=True, root=self._root, lock_path=self._lock_path)
            for problem in self._problems:
                logger.warning("%s:%s: %s", problem.file, problem.line, problem.detail)
        # Not before the commit: a caller's transaction may take the rows back.
        transaction.on_commit(lambda: self._remember(stamp))

    def raise_if_broken(self, key: str) -> None:
        folder = display_name(self._root / key) + "/"
        problems = [problem for problem in self._problems if problem.file.startswith(folder)]
        if problems:
            raise PromptBroken(problems)

    def _remember(self, stamp: _Stamp) -> None:
        self._seen = stamp

    def _stamp(self) -> _Stamp:
        paths = [*prompt_paths(self._root), self._lock_path]
        stats = [(str(path), path.stat()) for path in paths if path.exists()]
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


WATCH = Watch()
