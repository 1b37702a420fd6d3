"""The errors of all apps as the API answers them: one form, one table of statuses (requests_app.problems)."""

from __future__ import annotations

from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent

from ai.errors import Problem
from documents.errors import DocumentError
from requests_app.api.problems import Fault, ProblemHandler


class Handler(ProblemHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DocumentError):
            errors = [Problem(pointer=exc.pointer, detail=str(exc))] if exc.pointer else []
            return Fault(exc.code, str(exc), errors=errors, wait=exc.wait_s)
        if isinstance(exc, TooManyFieldsSent | TooManyFilesSent):
            return Fault("too_large", "The form has more fields or files than this server reads.")
        return super().convert_known_exceptions(exc)
