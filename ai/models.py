"""Every table of the app `ai`, gathered where Django looks for them."""

from ai.prompts.models import PromptLabel, PromptTemplate
from ai.tracking import LLMUsageLog

__all__ = ["LLMUsageLog", "PromptLabel", "PromptTemplate"]
