"""What the HTML interfaces read from a request in the same way."""

from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest

from blog.paging import parse_before


def before_of(request: HttpRequest) -> int | None:
    """Return the id of the post that a page begins after; raise ``BadRequest`` if it is none."""
    try:
        return parse_before(request.GET.get("before", ""))
    except ValidationError as error:
        raise BadRequest from error
