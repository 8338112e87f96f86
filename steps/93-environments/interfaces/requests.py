"""Query parameters that the HTML interfaces share."""

from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest

from blog.paging import parse_before


def get_before(request: HttpRequest) -> int | None:
    """Return the id in the query parameter ``before``; raise ``BadRequest`` if it is invalid."""
    try:
        return parse_before(request.GET.get("before", ""))
    except ValidationError as error:
        raise BadRequest from error
