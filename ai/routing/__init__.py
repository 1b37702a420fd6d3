"""Which models answer which action."""

from ai.routing.answerers import available_providers, model, model_for, models
from ai.routing.current import catalogue_at, current
from ai.routing.snapshot import Catalogue, QualityLevel

__all__ = [
    "Catalogue",
    "QualityLevel",
    "available_providers",
    "catalogue_at",
    "current",
    "model",
    "model_for",
    "models",
]
