"""Serializers of posts, shared by the REST interfaces."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from rest_framework import serializers

from accounts.models import User
from blog.models import Post, PostQuerySet


def get_posts(user: AbstractBaseUser | AnonymousUser) -> PostQuerySet:
    """Return all posts with everything that their JSON contains, in one query."""
    return Post.objects.with_likes(user).select_related("author")


class AuthorSerializer(serializers.ModelSerializer):
    """Everything that other users can see of a user."""

    class Meta:
        model = User
        fields = ["id", "name"]


class PostSerializer(serializers.ModelSerializer):
    """A post in a response."""

    image = serializers.FileField(read_only=True)
    author = AuthorSerializer(read_only=True)
    likes = serializers.IntegerField(read_only=True, source="like_count")
    liked = serializers.BooleanField(read_only=True)

    class Meta:
        model = Post
        fields = ["id", "text", "image", "author", "created_at", "likes", "liked"]
