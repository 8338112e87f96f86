"""What comes in: REST framework's own parsers, which two oddities would make answer 500."""

from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """Refuses a list in a list in a list, deep enough to leave Python no room."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError("JSON parse error - too deep") from error


class MultiPartParser(parsers.MultiPartParser):
    """Takes all text for UTF-8, whatever the request calls its ``charset``: it may name none."""

    def parse(self, stream: Any, media_type: str, parser_context: dict[str, Any]) -> Any:
        return super().parse(stream, media_type, parser_context | {"encoding": "utf-8"})
