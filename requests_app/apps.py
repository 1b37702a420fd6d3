from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """Requests to models: accepted, worked off, streamed, cancelled."""

    name = "requests_app"
    label = "requests_app"
    verbose_name = "Requests"
