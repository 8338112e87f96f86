"""The documentation that all endpoints share."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers


class Schema(AutoSchema):
    """Builds operation ids: the tag ``fbv`` and *List posts* give ``fbv_list_posts``."""

    def get_operation_id(self) -> str:
        return "_".join([*self.get_tags(), *self.get_summary().lower().split()])


class CsrfTokenScheme(OpenApiAuthenticationExtension):
    """Documents the CSRF token that signing in and out by session requires."""

    target_class = "interfaces.rest.authentication.SignInAuthentication"
    name = "csrfToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-CSRFToken"}


class DetailSerializer(serializers.Serializer):
    """An error message, or a note about what happens next."""

    detail = serializers.CharField(read_only=True)


def openapi_error(
    description: str, example: dict[str, Any], shape: Any = DetailSerializer
) -> OpenApiResponse:
    return OpenApiResponse(shape, description, [OpenApiExample("Error", example)])


FIELD_ERRORS = {
    "type": "object",
    "additionalProperties": {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    },
}
ERROR_RESPONSES = {
    400: openapi_error(
        "The request is invalid. The errors are listed by field, or as a detail.",
        {"text": ["This field is required."]},
        FIELD_ERRORS,
    ),
    401: openapi_error(
        "Authentication is required, or the token is wrong, revoked or expired.",
        {"detail": "Authentication credentials were not provided."},
    ),
    403: openapi_error(
        "The user may not do this, or the session's CSRF token is missing or wrong.",
        {"detail": "You do not have permission to perform this action."},
    ),
    404: openapi_error("There is no such post.", {"detail": "No Post matches the given query."}),
    413: openapi_error(
        "The body is larger than 256 kB, or 6 MB as `multipart/form-data`.",
        {"detail": "This request is too large. Nothing was stored."},
    ),
    415: openapi_error(
        "The media type of the body is not supported.",
        {"detail": 'Unsupported media type "text/plain" in request.'},
    ),
    429: openapi_error(
        "The client did this too often. `Retry-After` says in how many seconds to try again.",
        {"detail": "Too many attempts. Try again later."},
    ),
}
BODY_ERRORS = [400, 413, 415]  # The statuses of an invalid body.


def operation(
    summary: str,
    description: str,
    responses: dict[int, Any],
    errors: list[int],
    *,
    request_example: Any = None,
    response_example: Any = None,
    **options: Any,
) -> dict[str, Any]:
    """Return the arguments of ``extend_schema``, with examples of request and response."""
    examples = []
    if request_example is not None:
        examples.append(OpenApiExample("Request", request_example, request_only=True))
    if response_example is not None:
        examples.append(
            OpenApiExample(
                "Response",
                response_example,
                response_only=True,
                status_codes=[str(code) for code in responses],
            )
        )
    responses = responses | {code: ERROR_RESPONSES[code] for code in sorted(errors)}
    return {
        "summary": summary,
        "description": description,
        "responses": responses,
        "examples": examples,
        **options,
    }
