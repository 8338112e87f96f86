"""Files beside a document, by the GraphQL multipart request specification.

https://github.com/jaydenseric/graphql-multipart-request-spec: a form with the request in
``operations``, in which a variable is null for each file; the files; and in ``map`` which file
belongs where, as in ``{"0": ["variables.image"]}``.
"""

from typing import Any, NoReturn

import graphene
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from graphql import GraphQLError


class Upload(graphene.Scalar):
    """A file: a variable that is null, and sent as the GraphQL multipart request spec has it."""

    @staticmethod
    def parse_value(value: Any) -> UploadedFile:
        if not isinstance(value, UploadedFile):
            refuse()
        return value

    @staticmethod
    def parse_literal(node: Any, variables: Any = None) -> NoReturn:
        refuse()


def refuse() -> NoReturn:
    raise GraphQLError("An Upload is a file, sent as multipart/form-data.")


def place_files(operations: Any, places: Any, files: MultiValueDict) -> None:
    """Put each file where the map says, in place of the null of a variable.

    A file has one place, and a place one file. Raises ``ValueError`` for anything else.
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
