"""What the documentation of the API says of every operation, whatever it is about."""

from typing import Any

from drf_spectacular import authentication
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers


class Schema(AutoSchema):
    """Names an operation by what it does: *List posts* of the tag ``fbv`` is ``fbv_list_posts``."""

    def get_operation_id(self) -> str:
        return "_".join([*self.get_tags(), *self.get_summary().lower().split()])


class SessionScheme(authentication.SessionScheme):
    """Describes our way to authenticate by session as its own describes REST framework's."""

    target_class = "interfaces.rest.authentication.SessionAuthentication"


class DetailSerializer(serializers.Serializer):
    """What went wrong."""

    detail = serializers.CharField(read_only=True)


def refusal(description: str, example: dict[str, Any], shape: Any = DetailSerializer) -> Any:
    return OpenApiResponse(shape, description, [OpenApiExample("Refused", example)])


FIELD_ERRORS = {
    "type": "object",
    "additionalProperties": {
        "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    },
}
REFUSALS = {
    400: refusal(
        "Something that was sent is wrong: what, is said by field, or else as a detail.",
        {"text": ["This field is required."]},
        FIELD_ERRORS,
    ),
    401: refusal(
        "Nobody is signed in.",
        {"detail": "Authentication credentials were not provided."},
    ),
    403: refusal(
        "Whoever is signed in may not do this, or the CSRF token of the session is missing.",
        {"detail": "You do not have permission to perform this action."},
    ),
    404: refusal("There is no such post.", {"detail": "No Post matches the given query."}),
    413: refusal(
        "The request has more than 6 MB.",
        {"detail": "This request is too large. Nothing of it was kept."},
    ),
    415: refusal(
        "The body is of a type that is not read here.",
        {"detail": 'Unsupported media type "text/plain" in request.'},
    ),
}
SENT = [400, 413, 415]  # What can be wrong with a body.


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
    """Return the arguments of ``extend_schema``, with examples of what is sent and shown."""
    examples = []
    if sent is not None:
        examples.append(OpenApiExample("Sent", sent, request_only=True))
    if shown is not None:
        examples.append(
            OpenApiExample(
                "Answer", shown, response_only=True, status_codes=[str(code) for code in answers]
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
