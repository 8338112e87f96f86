"""Posts as JSON, by function views."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view, parser_classes, permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.limits import check_rate_limit
from blog.models import Post
from blog.paging import Page, parse_before
from blog.selectors import list_posts
from blog.services import delete_post, like_post, unlike_post
from interfaces.rest import posts_docs as docs
from interfaces.rest.parsers import JSONParser, MultiPartParser
from interfaces.rest.posts import LikeSerializer, PostSerializer, get_posts


def get_before(request: Request) -> int | None:
    """Return the id that a page begins after, from the query string."""
    return parse_before(request.query_params.get("before", ""))


def get_page_data(request: Request, page: Page) -> dict[str, Any]:
    """Return a page of posts as JSON."""
    results = PostSerializer(page.posts, many=True, context={"request": request})
    return {"results": results.data, "next": page.next}


def save_post(request: Request, post: Post | None = None) -> dict[str, Any]:
    """Create or edit a post from the data of a request, and return it as JSON."""
    serializer = PostSerializer(
        post,
        data=request.data,
        partial=request.method == "PATCH",
        context={"request": request},
    )
    serializer.is_valid(raise_exception=True)
    serializer.save()
    return serializer.data


@extend_schema(methods=["GET"], **docs.LIST_POSTS)
@extend_schema(methods=["POST"], request=PostSerializer, **docs.PUBLISH_POST)
@api_view(["GET", "HEAD", "POST"])
@permission_classes([AllowAny])
@parser_classes([JSONParser, MultiPartParser])
def post_list(request: Request) -> Response:
    """List posts, newest first: all of them, or those that contain a text; or publish one."""
    if request.method == "POST":
        check_rate_limit(request, "publish")
        return Response(save_post(request), status=status.HTTP_201_CREATED)
    text = request.query_params.get("q", "").strip()
    if text:
        check_rate_limit(request, "search")
    page = list_posts(request.user, text=text, before=get_before(request))
    return Response(get_page_data(request, page))


@extend_schema(methods=["GET"], **docs.SHOW_POST)
@extend_schema(methods=["PUT"], request=PostSerializer, **docs.REPLACE_POST)
@extend_schema(methods=["PATCH"], request=PostSerializer, **docs.CHANGE_POST)
@extend_schema(methods=["DELETE"], **docs.DELETE_POST)
@api_view(["GET", "HEAD", "PUT", "PATCH", "DELETE"])
@permission_classes([IsAuthenticatedOrReadOnly])
@parser_classes([JSONParser, MultiPartParser])
def post_detail(request: Request, pk: int) -> Response:
    """Show, edit or delete one post."""
    post = get_object_or_404(get_posts(request.user), pk=pk)
    if request.method in ["PUT", "PATCH"]:
        return Response(save_post(request, post))
    if request.method == "DELETE":
        delete_post(post=post, user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response(PostSerializer(post, context={"request": request}).data)


@extend_schema(methods=["PUT"], **docs.LIKE_POST)
@extend_schema(methods=["DELETE"], **docs.UNLIKE_POST)
@api_view(["PUT", "DELETE"])
def post_like(request: Request, pk: int) -> Response:
    """Like a post, or remove the like."""
    service = like_post if request.method == "PUT" else unlike_post
    service(post=get_object_or_404(Post, pk=pk), user=request.user)
    return Response(LikeSerializer(get_posts(request.user).get(pk=pk)).data)
