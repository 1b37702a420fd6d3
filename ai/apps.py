from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


class AIConfig(AppConfig):
    name = "ai"
    label = "ai"
    verbose_name = "AI core"

    def ready(self) -> None:
        # By name: these modules need the models, which do not exist when this file is imported.
        import_module("ai.prompts.checks")
        import_module("ai.routing.checks")
        publish = import_string("ai.prompts.publish.publish_after_migrate")
        post_migrate.connect(publish, sender=self, dispatch_uid="ai.prompts.publish")
        catalogue = import_string("ai.routing.publish.publish_after_migrate")
        post_migrate.connect(catalogue, sender=self, dispatch_uid="ai.routing.publish")
