"""Errors in GraphQL: a message for people, and a code for programs.

``extensions.code`` is a member of ``ErrorCode``. With BAD_USER_INPUT, ``extensions.fields`` gives
the errors of each invalid argument, if any.
"""

import logging
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from graphene import ResolveInfo
from graphql import GraphQLError, GraphQLSyntaxError, ValueNode, VariableDefinitionNode

from accounts.limits import RateLimitExceeded
from interfaces.database import SERVICE_UNAVAILABLE

logger = logging.getLogger(__name__)


class ErrorCode(StrEnum):
    """The error codes that programs can rely on."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class ClientError(GraphQLError):
    """An error with a code, and a message meant for the client."""

    def __init__(self, message: str, code: ErrorCode, **extensions: Any) -> None:
        super().__init__(message, extensions={"code": code, **extensions})


def error_dict(message: str, code: ErrorCode) -> dict[str, Any]:
    """Return an error without a location, in the format of a response."""
    return {"message": message, "extensions": {"code": code}}


def translate_errors(
    resolve: Callable[..., Any], root: Any, info: ResolveInfo, **arguments: Any
) -> Any:
    """Resolve a field, and translate the exceptions of services into GraphQL errors.

    This is Graphene *middleware*: it is called instead of each resolver, and calls that resolver.
    """
    try:
        return resolve(root, info, **arguments)
    except ValidationError as error:
        by_field = {"fields": error.message_dict} if hasattr(error, "error_dict") else {}
        raise ClientError(" ".join(error.messages), ErrorCode.BAD_USER_INPUT, **by_field) from error
    except PermissionDenied as error:
        if info.context.user.is_authenticated:
            raise ClientError("You may not do this.", ErrorCode.FORBIDDEN) from error
        raise ClientError("Sign in first.", ErrorCode.UNAUTHENTICATED) from error
    except ObjectDoesNotExist as error:
        raise ClientError("There is nothing with this id.", ErrorCode.NOT_FOUND) from error
    except RateLimitExceeded as error:
        seconds = {"retryAfter": error.retry_after}
        wait = max(error.retry_after, getattr(info.context, "retry_after", 0))
        info.context.retry_after = wait  # For the view.
        raise ClientError("Too many attempts.", ErrorCode.RATE_LIMITED, **seconds) from error
    except SERVICE_UNAVAILABLE as error:
        raise ClientError(
            "The site is busy. Try again in a moment.", ErrorCode.UNAVAILABLE
        ) from error


def format_error(error: Exception) -> dict[str, Any]:
    """Return an error in the format of a response. An unexpected error's text is only logged."""
    formatted = error.formatted if isinstance(error, GraphQLError) else {}
    if "code" in formatted.get("extensions", {}):
        return formatted
    if isinstance(error, GraphQLError) and is_document_error(error):
        return formatted | error_dict(redact_values(error), ErrorCode.BAD_USER_INPUT)
    logger.error("GraphQL field failed.", exc_info=getattr(error, "original_error", None) or error)
    return formatted | error_dict(
        "Something went wrong on our side.", ErrorCode.INTERNAL_SERVER_ERROR
    )


def is_document_error(error: GraphQLError) -> bool:
    """Return whether graphql-core found the error in the document itself.

    Either it has no path, or its original error has a location; a resolver's exception has none.
    """
    origin = error.original_error
    return error.path is None or bool(isinstance(origin, GraphQLError) and origin.nodes)


def redact_values(error: GraphQLError) -> str:
    """Return graphql-core's message without the value that it quotes.

    The value may be a password, for example one without quotes or one sent as a number.
    """
    if isinstance(error, GraphQLSyntaxError):
        return re.sub(r"(?s)(Name|Int|Float|String|BlockString) '.*'", r"\1", error.message)
    node = error.nodes[0] if error.nodes else None
    if isinstance(node, VariableDefinitionNode) and error.original_error:
        name = node.variable.name.value
        return f"Variable '${name}': {strip_value(error.original_error.message)}"
    return strip_value(error.message) if isinstance(node, ValueNode) else error.message


def strip_value(message: str) -> str:
    """Shorten "… non-integer value: 1.5" to "… non-integer value."."""
    return re.sub(r"(?s)(:|, found) .*", ".", message)
