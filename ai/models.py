"""Every table of the app `ai`, gathered where Django looks for them."""

from ai.prompts.models import PromptLabel, PromptTemplate

__all__ = ["PromptLabel", "PromptTemplate"]
