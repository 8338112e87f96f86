"""The documentation that all endpoints share."""

from typing import Any

from drf_spectacular import authentication
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers


class Schema(AutoSchema):
    """Builds operation ids: the tag ``fbv`` and *List posts* give ``fbv_list_posts``."""

    def get_operation_id(self) -> str:
        return "_".join([*self.get_tags(), *self.get_summary().lower().split()])


class SessionScheme(authentication.SessionScheme):
    """Documents our session authentication like the one of REST framework."""

    target_class = "interfaces.rest.authentication.SessionAuthentication"


class CsrfTokenScheme(OpenApiAuthenticationExtension):
    """Documents the CSRF token that signing in and out by session requires."""

    target_class = "interfaces.rest.authentication.SignInAuthentication"
    name = "csrfToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "X-CSRFToken"}


class DetailSerializer(serializers.Serializer):
    """An error message."""

    detail = serializers.CharField(read_only=True)


def error_response(
    description: str, example: dict[str, Any], shape: Any = DetailSerializer
) -> OpenApiResponse:
    return OpenApiResponse(shape, description, [OpenApiExample("Refused", example)])


FIELD_ERRORS = {
    "type": "object",
    "additionalProperties": {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    },
}
REFUSALS = {
    400: error_response(
        "The request is invalid. The errors are listed by field, or as a detail.",
        {"text": ["This field is required."]},
        FIELD_ERRORS,
    ),
    401: error_response(
        "Authentication is required.",
        {"detail": "Authentication credentials were not provided."},
    ),
    403: error_response(
        "The user may not do this, or the session's CSRF token is missing.",
        {"detail": "You do not have permission to perform this action."},
    ),
    404: error_response("There is no such post.", {"detail": "No Post matches the given query."}),
    413: error_response(
        "The request has more than 6 MB, or more than 256 kB without a file.",
        {"detail": "This request is too large. Nothing was stored."},
    ),
    415: error_response(
        "The media type of the body is not supported.",
        {"detail": 'Unsupported media type "text/plain" in request.'},
    ),
}
SENT = [400, 413, 415]  # The statuses of an invalid body.


def operation(
    summary: str,
    description: str,
    answers: dict[int, Any],
    refusals: list[int],
    *,
    sent: Any = None,
    shown: Any = None,
    **options: Any,
) -> dict[str, Any]:
    """Return the arguments of ``extend_schema``, with examples of request and response."""
    examples = []
    if sent is not None:
        examples.append(OpenApiExample("Sent", sent, request_only=True))
    if shown is not None:
        examples.append(
            OpenApiExample(
                "Response", shown, response_only=True, status_codes=[str(code) for code in answers]
            )
        )
    responses = answers | {code: REFUSALS[code] for code in sorted(refusals)}
    return {
        "summary": summary,
        "description": description,
        "responses": responses,
        "examples": examples,
        **options,
    }
