"""What goes wrong, as GraphQL tells it: a message for people, and a code for programs.

``extensions.code`` is one of those in ``Code``. With BAD_INPUT, ``extensions.fields`` says which
arguments were wrong and why, where one was.
"""

import logging
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import OperationalError
from graphene import ResolveInfo
from graphql import GraphQLError, GraphQLSyntaxError, ValueNode, VariableDefinitionNode

logger = logging.getLogger(__name__)


class Code(StrEnum):
    """What a program can tell errors apart by."""

    BAD_INPUT = "BAD_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class Refused(GraphQLError):
    """Something that was asked for and is not done, in words meant for whoever asked."""

    def __init__(self, message: str, code: Code, **extensions: Any) -> None:
        super().__init__(message, extensions={"code": code, **extensions})


def refusal(message: str, code: Code) -> dict[str, Any]:
    """Return an error, as it is sent, that is not about a place in a document."""
    return {"message": message, "extensions": {"code": code}}


def translate(resolve: Callable, root: Any, info: ResolveInfo, **arguments: Any) -> Any:
    """Resolve a field; what a service refuses is refused in the words of GraphQL.

    This is a *middleware* of Graphene: it is called in place of each resolver, and calls that.
    """
    try:
        return resolve(root, info, **arguments)
    except ValidationError as error:
        by_field = {"fields": error.message_dict} if hasattr(error, "error_dict") else {}
        raise Refused(" ".join(error.messages), Code.BAD_INPUT, **by_field) from error
    except PermissionDenied as error:
        if info.context.user.is_authenticated:
            raise Refused("You may not do this.", Code.FORBIDDEN) from error
        raise Refused("Sign in first.", Code.UNAUTHENTICATED) from error
    except ObjectDoesNotExist as error:
        raise Refused("There is nothing with this id.", Code.NOT_FOUND) from error
    except OperationalError as error:
        raise Refused("The site is busy. Try again in a moment.", Code.UNAVAILABLE) from error


def format_error(error: Exception) -> dict[str, Any]:
    """Return an error as it is sent. Of one that nobody foresaw, only the log tells what it was."""
    place = error.formatted if isinstance(error, GraphQLError) else {}
    if "code" in place.get("extensions", {}):
        return place
    if isinstance(error, GraphQLError) and is_of_the_document(error):
        return place | refusal(without_values(error), Code.BAD_INPUT)
    logger.error("A field has no value.", exc_info=getattr(error, "original_error", None) or error)
    return place | refusal("Something went wrong on our side.", Code.INTERNAL)


def is_of_the_document(error: GraphQLError) -> bool:
    """Say whether graphql-core itself found a fault in what was sent.

    It names the place in the document, whereas a resolver's exception has none of its own.
    """
    origin = error.original_error
    return error.path is None or bool(isinstance(origin, GraphQLError) and origin.nodes)


def without_values(error: GraphQLError) -> str:
    """Return what graphql-core says of a fault, without the value that it repeats.

    The value may be a password: one that lacks its quotes, or that was sent as a number.
    """
    if isinstance(error, GraphQLSyntaxError):
        return re.sub(r"(?s)(Name|Int|Float|String|BlockString) '.*'", r"\1", error.message)
    node = error.nodes[0] if error.nodes else None
    if isinstance(node, VariableDefinitionNode) and error.original_error:
        return f"Variable '${node.variable.name.value}': {cut(error.original_error.message)}"
    return cut(error.message) if isinstance(node, ValueNode) else error.message


def cut(message: str) -> str:
    """Return "Int cannot represent non-integer value." of "… non-integer value: 1.5"."""
    return re.sub(r"(?s)(:|, found) .*", ".", message)
