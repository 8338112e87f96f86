"""Serializer fields of the API."""

from typing import Any

from rest_framework import serializers


class StringField(serializers.CharField):
    """A string; REST framework's field would also accept a number."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
