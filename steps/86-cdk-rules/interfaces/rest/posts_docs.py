"""The documentation of the post endpoints."""

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from accounts.models import User
from blog.images import RULES
from interfaces.rest.docs import BODY_ERRORS, operation
from interfaces.rest.posts import LikeSerializer, PostSerializer


class PageSerializer(serializers.Serializer):
    """A page of posts, and the id of its last one if there are older posts."""

    results = PostSerializer(many=True, read_only=True)
    next = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Send it as `before` to get the next page."
    )


# Explicit, since for a list view, spectacular would document a plain list.
PAGE = forced_singular_serializer(PageSerializer)
POST = {
    "id": 42,
    "text": "Saw two herons by the canal.",
    "image": "https://mublog.example/media/posts/5f0c6f5e4b7a4c52a1e9d1f0a3b2c4d6.webp",
    "author": {"id": 7, "name": User(pk=7).name},
    "created_at": "2026-11-25T09:30:00Z",
    "likes": 3,
    "liked": False,
}
BEFORE = OpenApiParameter(
    "before",
    {"type": "integer", "minimum": 0, "maximum": 10**19 - 1},
    description="The id of a post, often `next` of a page: only older posts are returned.",
)
Q = OpenApiParameter("q", str, description="Only posts that contain this text, ignoring case.")
IMAGE = f"An image is a file, sent as `multipart/form-data`: {RULES} "

LIST_POSTS = operation(
    "List posts",
    "The newest posts first, twenty a page. `liked` says which of them you like.",
    {200: PAGE},
    [400, 401, 429],
    response_example={"results": [POST], "next": 42},
    parameters=[Q, BEFORE],
)
PUBLISH_POST = operation(
    "Publish a post",
    "Anyone may publish a text of 1 to 280 characters, with or without an image. "
    f"{IMAGE}A signed-in user becomes the author.",
    {201: PostSerializer},
    [401, 403, 429, *BODY_ERRORS],
    request_example={"text": POST["text"]},
    response_example=POST,
)
SHOW_POST = operation(
    "Show a post",
    "One post, with the number of users who like it.",
    {200: PostSerializer},
    [401, 404],
    response_example=POST,
)
REPLACE_POST = operation(
    "Replace a post",
    f"Replaces the text and the image of your own post. {IMAGE}Without one, the post has "
    "no image afterwards.",
    {200: PostSerializer},
    [401, 403, 404, *BODY_ERRORS],
    request_example={"text": POST["text"]},
    response_example=POST,
)
CHANGE_POST = operation(
    "Change a post",
    "Changes the text of your own post, its image, or both; what is not sent stays as it is. "
    f"{IMAGE}`null` removes the image.",
    {200: PostSerializer},
    [401, 403, 404, *BODY_ERRORS],
    request_example={"image": None},
    response_example=POST | {"image": None},
)
DELETE_POST = operation(
    "Delete a post",
    "Deletes your own post, with its image and its likes.",
    {204: None},
    [401, 403, 404],
)
LIKE_POST = operation(
    "Like a post",
    "Likes a post. Sending it again changes nothing.",
    {200: LikeSerializer},
    [401, 403, 404],
    request=None,
    response_example={"liked": True, "likes": 4},
)
UNLIKE_POST = operation(
    "Unlike a post",
    "Removes your like. The response is the same if there was none.",
    {200: LikeSerializer},
    [401, 403, 404],
    response_example={"liked": False, "likes": 3},
)
