"""Serializer fields of the API."""

from typing import Any

from rest_framework import serializers


class StringField(serializers.CharField):
    """A string; REST framework's field would also accept a number.

    A line break counts as one character: browsers send two of them in a multipart form.
    """

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data.replace("\r\n", "\n"))
