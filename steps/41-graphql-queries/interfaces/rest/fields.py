"""The fields that the API takes."""

from typing import Any

from rest_framework import serializers


class StringField(serializers.CharField):
    """Takes a string, where REST framework would take a number for one.

    A line break is one character: browsers send two, in a form with files.
    """

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data.replace("\r\n", "\n"))
