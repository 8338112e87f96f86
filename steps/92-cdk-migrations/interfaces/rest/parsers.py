"""The parsers of the API: REST framework's own, with two causes of a 500 removed."""

from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """Rejects nesting so deep that Python cannot parse it."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError("JSON parse error - too deep") from error


class MultiPartParser(parsers.MultiPartParser):
    """Decodes all text as UTF-8, without relying on ``config.charset`` to refuse the rest."""

    def parse(self, stream: Any, media_type: str, parser_context: dict[str, Any]) -> Any:
        return super().parse(stream, media_type, parser_context | {"encoding": "utf-8"})
