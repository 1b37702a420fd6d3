"""Which models answer which action."""

from ai.routing.catalogue import available_providers, model, model_for, models

__all__ = ["available_providers", "model", "model_for", "models"]
