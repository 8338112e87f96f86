"""The GraphQL view: HTTP requests in, HTTP responses out.

Graphene's view parses, validates and executes a document. This one adds authentication and limits,
is strict about its input, and gives every error a code.
"""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from graphene_django import views
from graphql import ExecutionResult, GraphQLError
from rest_framework.exceptions import AuthenticationFailed

from interfaces.graphql_api.authentication import authenticate
from interfaces.graphql_api.errors import (
    ClientError,
    ErrorCode,
    error_dict,
    format_error,
    translate_errors,
)
from interfaces.graphql_api.limits import validate_limits
from interfaces.graphql_api.uploads import place_files


def error_response(
    message: str, code: ErrorCode = ErrorCode.BAD_USER_INPUT, *, status: int = 400
) -> JsonResponse:
    """Return an error response for a request that is not executed."""
    return JsonResponse({"errors": [error_dict(message, code)]}, status=status)


def read_json(text: str | bytes) -> Any:
    """Parse a JSON text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest("This is not JSON.") from error


@method_decorator(never_cache, name="dispatch")
class GraphQLView(views.GraphQLView):
    """Executes a document from the body of a POST, or from the URL of a GET.

    For a browser that opens the URL, it renders GraphiQL.
    """

    graphiql = True
    graphiql_template = "graphql/graphiql.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Respond to a request; every error has the format of GraphQL."""
        request.encoding = "utf-8"  # Without relying on config.charset, which refuses the others.
        try:
            request.user = authenticate(request)
            response = super().dispatch(request, *args, **kwargs)
            if hasattr(request, "retry_after"):
                response.headers["Retry-After"] = f"{request.retry_after}"  # In seconds.
                # 200 if any field has data: repeating the request would repeat that field, too.
                if not any((json.loads(response.content)["data"] or {}).values()):
                    response.status_code = 429
            return response
        except AuthenticationFailed as error:
            response = error_response(str(error.detail), ErrorCode.UNAUTHENTICATED, status=401)
            response.headers["WWW-Authenticate"] = "Token"
            return response
        except ClientError as error:
            return error_response(error.message, ErrorCode.FORBIDDEN, status=403)
        except BadRequest as error:
            return error_response(str(error))
        except RequestDataTooBig:
            raise  # Django responds, with the 413 of ``config.errors``.
        except (MultiPartParserError, SuspiciousOperation):
            return error_response("This request cannot be read.")

    def parse_body(self, request: HttpRequest) -> Any:
        """Parse the body into the parameters of a request."""
        if request.method == "GET":
            return request.GET.dict()
        match self.get_content_type(request):
            case "application/json":
                return read_json(request.body)
            case "multipart/form-data":
                return read_form(request)
        raise BadRequest("Send application/json, or files as multipart/form-data.")

    @staticmethod
    def get_graphql_params(
        request: HttpRequest, data: Any
    ) -> tuple[str, dict[str, Any] | None, str | None, None]:
        """Return the document, its variables, the operation name, and no batch id."""
        if not isinstance(data, dict):
            raise BadRequest("Send one request, as an object; a list is not accepted.")
        query, variables, name = map(data.get, ["query", "variables", "operationName"])
        if request.method == "GET" and variables:
            variables = read_json(variables)
        if not isinstance(query, str):
            raise BadRequest("“query” must be a document.")
        if not isinstance(variables, dict | None):
            raise BadRequest("“variables” must be an object.")
        if not isinstance(name, str | None):
            raise BadRequest("“operationName” must be a string.")
        return query, variables, name or None, None

    @classmethod
    def can_display_graphiql(cls, request: HttpRequest, data: Any) -> bool:
        return request.method == "GET" and cls.request_wants_html(request)

    def get_middleware(self, request: HttpRequest) -> list[Callable[..., Any]]:
        return [translate_errors]

    def execute_graphql_request(
        self, request: HttpRequest, data: Any, query: str, *args: Any
    ) -> ExecutionResult:
        """Execute a document that stays within the limits."""
        try:
            validate_limits(query, self.schema.graphql_schema)
        except GraphQLError as error:
            return ExecutionResult(errors=[error])
        return super().execute_graphql_request(request, data, query, *args)

    @staticmethod
    def format_error(error: Exception) -> dict[str, Any]:
        if isinstance(error, views.HttpError):
            return error_dict(error.message, ErrorCode.BAD_USER_INPUT)
        return format_error(error)


def read_form(request: HttpRequest) -> Any:
    """Parse a form, with its files put in place."""
    operations = read_json(request.POST.get("operations", ""))
    places = read_json(request.POST.get("map", ""))
    try:
        place_files(operations, places, request.FILES)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return operations
