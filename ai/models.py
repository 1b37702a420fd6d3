"""Every table of the app `ai`, gathered where Django looks for them."""

from ai.prompts.models import PromptLabel, PromptTemplate
from ai.routing.tables import CatalogueVersion, LLMModel, LLMProvider, ModelRoute, TierQualityMapping
from ai.tracking import LLMUsageLog

__all__ = [
    "CatalogueVersion",
    "LLMModel",
    "LLMProvider",
    "LLMUsageLog",
    "ModelRoute",
    "PromptLabel",
    "PromptTemplate",
    "TierQualityMapping",
]
