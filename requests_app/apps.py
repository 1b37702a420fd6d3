from importlib import import_module

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """Requests to models: accepted, worked off, streamed, cancelled."""

    name = "requests_app"
    label = "requests_app"
    verbose_name = "Requests"

    def ready(self) -> None:
        import_module("requests_app.alert_mail")
        import_module("requests_app.budget_mail")
