"""Serializers of posts, shared by both REST interfaces.

They translate between JSON and the arguments of services, and decide nothing themselves.
"""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from rest_framework import serializers

from accounts.models import User
from blog.models import MAX_LENGTH, Post, PostQuerySet, normalize_text
from blog.services import edit_post, publish_post
from interfaces.rest.fields import StringField


def get_posts(user: AbstractBaseUser | AnonymousUser) -> PostQuerySet:
    """Return all posts with everything that their JSON contains, in one query."""
    return Post.objects.with_likes(user).select_related("author")


class TextField(StringField):
    """The text of a post, normalized before its length is checked."""

    def to_internal_value(self, data: Any) -> str:
        return normalize_text(super().to_internal_value(data))


class AuthorSerializer(serializers.ModelSerializer):
    """Everything that other users can see of a user."""

    class Meta:
        model = User
        fields = ["id", "name"]


class PostSerializer(serializers.ModelSerializer):
    """A post; ``text`` and ``image`` can be written."""

    text = TextField(max_length=MAX_LENGTH)
    # Without a value, a new post has no image; PATCH leaves the image as it is.
    image = serializers.FileField(allow_null=True, default=None)
    author = AuthorSerializer(read_only=True, allow_null=True)
    likes = serializers.IntegerField(read_only=True, source="like_count")
    liked = serializers.BooleanField(read_only=True)

    class Meta:
        model = Post
        fields = ["id", "text", "image", "author", "created_at", "likes", "liked"]

    def create(self, validated_data: dict[str, Any]) -> Post:
        user = self.context["request"].user
        post = publish_post(author=user, **validated_data)
        return get_posts(user).get(pk=post.pk)

    def update(self, instance: Post, validated_data: dict[str, Any]) -> Post:
        user = self.context["request"].user
        post = edit_post(post=instance, user=user, **validated_data)
        return get_posts(user).get(pk=post.pk)


class LikeSerializer(serializers.ModelSerializer):
    """Whether the user likes a post, and how many users do."""

    likes = serializers.IntegerField(read_only=True, source="like_count")
    liked = serializers.BooleanField(read_only=True)

    class Meta:
        model = Post
        fields = ["liked", "likes"]
