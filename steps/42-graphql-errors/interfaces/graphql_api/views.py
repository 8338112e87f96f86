"""The one address of GraphQL: what comes over HTTP, and what goes back.

Graphene's own view parses, validates and executes a document. This one gives every error a code.
"""

from typing import Any

from django.http import HttpRequest
from graphene_django import views

from interfaces.graphql_api.errors import Code, format_error, refusal, translate


class GraphQLView(views.GraphQLView):
    """Executes the document that comes in the body of a POST, or in the address of a GET."""

    def get_middleware(self, request: HttpRequest) -> list:
        return [translate]

    @staticmethod
    def format_error(error: Exception) -> dict[str, Any]:
        if isinstance(error, views.HttpError):
            return refusal(error.message, Code.BAD_INPUT)
        return format_error(error)
