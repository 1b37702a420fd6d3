#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

NO_DATABASE = "settings.DATABASES is improperly configured"  # how Django says that there is none
REMEDY = "DATABASE_URL is not set. Set it, or start `make run`, whose servers are found; .env.example describes it."


def main() -> None:
    """Settings that are wrong are told in a sentence; --traceback shows where."""
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"lintel: {REMEDY if str(problem).startswith(NO_DATABASE) else problem}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    main()
