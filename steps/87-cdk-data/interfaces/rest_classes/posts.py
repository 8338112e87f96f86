"""Posts as JSON, by class-based views."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.pagination import BasePagination
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.limits import check_rate_limit
from blog.models import Post, PostQuerySet
from blog.paging import page_of, parse_before
from blog.selectors import list_posts
from blog.services import delete_post, like_post, unlike_post
from interfaces.rest import posts_docs as docs
from interfaces.rest.parsers import JSONParser, MultiPartParser
from interfaces.rest.posts import LikeSerializer, PostSerializer, get_posts


class PostPagination(BasePagination):
    """Keyset pagination: posts, newest first, and the id that the next page begins after.

    Not a ``CursorPagination``: all interfaces share ``page_of``, and its id is the cursor.
    """

    def paginate_queryset(self, queryset: PostQuerySet, request: Request, view: Any) -> list[Post]:
        before = parse_before(request.query_params.get("before", ""))
        self.page = page_of(queryset, before=before)
        return self.page.posts

    def get_paginated_response(self, data: list[dict[str, Any]]) -> Response:
        return Response({"results": data, "next": self.page.next})


@extend_schema_view(
    get=extend_schema(**docs.LIST_POSTS),
    post=extend_schema(**docs.PUBLISH_POST),
)
class PostListCreateView(generics.ListCreateAPIView):
    """List posts, newest first: all of them, or those that contain a text; or publish one."""

    serializer_class = PostSerializer
    permission_classes = [AllowAny]
    parser_classes = [JSONParser, MultiPartParser]

    def list(self, request: Request) -> Response:
        """List a page of posts: not by a paginator, which gets a queryset and no cached posts."""
        text = request.query_params.get("q", "").strip()
        before = parse_before(request.query_params.get("before", ""))
        if text:
            check_rate_limit(request, "search")
        page = list_posts(request.user, text=text, before=before)
        serializer = self.get_serializer(page.posts, many=True)
        return Response({"results": serializer.data, "next": page.next})

    def create(self, request: Request) -> Response:
        check_rate_limit(request, "publish")
        return super().create(request)


@extend_schema_view(
    get=extend_schema(**docs.SHOW_POST),
    put=extend_schema(**docs.REPLACE_POST),
    patch=extend_schema(**docs.CHANGE_POST),
    delete=extend_schema(**docs.DELETE_POST),
)
class PostDetailView(generics.RetrieveUpdateDestroyAPIView):
    """Show, edit or delete one post."""

    serializer_class = PostSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
    parser_classes = [JSONParser, MultiPartParser]

    def get_queryset(self) -> PostQuerySet:
        return get_posts(self.request.user)

    def perform_destroy(self, instance: Post) -> None:
        delete_post(post=instance, user=self.request.user)


class PostLikeView(APIView):
    """Like a post, or remove the like."""

    @extend_schema(**docs.LIKE_POST)
    def put(self, request: Request, pk: int) -> Response:
        like_post(post=get_object_or_404(Post, pk=pk), user=request.user)
        return self.like_response(pk)

    @extend_schema(**docs.UNLIKE_POST)
    def delete(self, request: Request, pk: int) -> Response:
        unlike_post(post=get_object_or_404(Post, pk=pk), user=request.user)
        return self.like_response(pk)

    def like_response(self, pk: int) -> Response:
        return Response(LikeSerializer(get_posts(self.request.user).get(pk=pk)).data)
