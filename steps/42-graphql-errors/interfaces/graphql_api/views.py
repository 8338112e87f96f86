"""The GraphQL view: HTTP requests in, HTTP responses out.

Graphene's view parses, validates and executes a document. This one gives every error a code.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from graphene_django import views

from interfaces.graphql_api.errors import ErrorCode, error_dict, format_error, translate_errors


class GraphQLView(views.GraphQLView):
    """Executes a document from the body of a POST, or from the URL of a GET."""

    def get_middleware(self, request: HttpRequest) -> list[Callable[..., Any]]:
        return [translate_errors]

    @staticmethod
    def format_error(error: Exception) -> dict[str, Any]:
        if isinstance(error, views.HttpError):
            return error_dict(error.message, ErrorCode.BAD_USER_INPUT)
        return format_error(error)
