"""File uploads, by the GraphQL multipart request specification.

https://github.com/jaydenseric/graphql-multipart-request-spec: a form with the request in
``operations``, where the variable of each file is null; the files; and ``map``, which assigns each
file to a variable, as in ``{"0": ["variables.image"]}``.
"""

from typing import Any, NoReturn

import graphene
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from graphql import GraphQLError, ValueNode


class Upload(graphene.Scalar):
    """A file, uploaded by the GraphQL multipart request specification; its variable is null."""

    @staticmethod
    def parse_value(value: Any) -> UploadedFile:
        if not isinstance(value, UploadedFile):
            reject_value()
        return value

    @staticmethod
    def parse_literal(node: ValueNode, variables: Any = None) -> NoReturn:
        reject_value()


def reject_value() -> NoReturn:
    raise GraphQLError("An Upload is a file, sent as multipart/form-data.")


def place_files(operations: Any, places: Any, files: MultiValueDict) -> None:
    """Put each file in its place in the variables, as the map says.

    Each file has one place, and each place one file. Raises ``ValueError`` otherwise.
    """
    variables = operations.get("variables") if isinstance(operations, dict) else None
    if not isinstance(variables, dict) or not isinstance(places, dict):
        raise ValueError("“operations” needs variables, and “map” the places of the files.")
    free = {f"variables.{name}": name for name, value in variables.items() if value is None}
    for file, paths in places.items():
        match paths:
            case [str(path)] if path in free and file in files:
                variables[free.pop(path)] = files[file]
            case _:
                raise ValueError("“map” needs one place for each file: a variable that is null.")
