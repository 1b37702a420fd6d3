"""Fields of every app's API that take what they say and nothing else: a number is not quietly read as text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers


class StrictText(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictUUID(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)
