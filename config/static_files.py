"""Static files as a deployment serves them: compressed, and under names that change with their content."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage

OURS = ("accounts/*.js", "lintel/*.js", "requests_app/*.js")
_EVERY_MODULE, IMPORTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # the library is untyped
    """What our modules import has its hashed name too: a browser must not pair a new page with an old module.

    Only ours: the libraries' own files hold imports that lead nowhere, and no page of theirs needs them.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, *((ours, IMPORTS) for ours in OURS))
