"""`make run`: the embedded stack on loopback, demo users, prompts live as they are edited."""

from config import env, logs

env.adopt_running_stack()

from config.settings.base import *  # noqa: E402, F403

# Off, so that people meet the error pages that their users will.
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
LINTEL_PROMPTS_LIVE = True
LINTEL_DEMO = True
# Without a mail server each mail is a file, which a mail program opens.
globals().update(env.mail("EMAIL_URL", otherwise="filebased"))
EMAIL_FILE_PATH = env.path("LINTEL_HOME", ROOT / ".local") / "mail"  # noqa: F405
LINTEL_REPORT_MAIL = env.words("LINTEL_REPORT_MAIL", "team@localhost")
LOGGING = logs.configuration(env.one_of("LINTEL_LOG_FORMAT", "plain", "json"), all_words=DEBUG)
