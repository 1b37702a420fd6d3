from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AIConfig(AppConfig):
    name = "ai"
    label = "ai"
    verbose_name = "AI core"

    def ready(self) -> None:
        # Both modules need the models, which do not exist before this moment.
        from ai.checks import register_checks  # noqa: PLC0415
        from ai.prompts.publish import publish_after_migrate  # noqa: PLC0415

        post_migrate.connect(publish_after_migrate, sender=self, dispatch_uid="ai.prompts.publish")
        register_checks()
