"""The tests' settings without unfold: the admin in Django's own dress."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS as _APPS

INSTALLED_APPS = [app for app in _APPS if not app.startswith("unfold")]
