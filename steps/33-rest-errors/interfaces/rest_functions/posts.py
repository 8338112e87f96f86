"""Posts as JSON, by function views."""

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from blog.models import PostQuerySet
from blog.paging import page_of, parse_before
from interfaces.rest.posts import PostSerializer, get_posts


def get_page_data(request: Request, posts: PostQuerySet) -> dict[str, Any]:
    """Return a page of posts as JSON: the newest ones, or those after the id in ``before``."""
    before = parse_before(request.query_params.get("before", ""))
    page = page_of(posts, before=before)
    results = PostSerializer(page.posts, many=True, context={"request": request})
    return {"results": results.data, "next": page.next}


@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def post_list(request: Request) -> Response:
    """List posts, newest first: all of them, or those that contain a text."""
    text = request.query_params.get("q", "").strip()
    return Response(get_page_data(request, get_posts(request.user).matching(text)))


@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def post_detail(request: Request, pk: int) -> Response:
    """Show one post."""
    post = get_object_or_404(get_posts(request.user), pk=pk)
    return Response(PostSerializer(post, context={"request": request}).data)
