"""Posts as JSON, for every REST interface."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from rest_framework import serializers

from accounts.models import User
from blog.models import Post, PostQuerySet


def posts_for(user: AbstractBaseUser | AnonymousUser) -> PostQuerySet:
    """Return all posts, each with what its JSON shows to a user, in one query."""
    return Post.objects.with_likes(user).select_related("author")


class AuthorSerializer(serializers.ModelSerializer):
    """All that others learn of a user."""

    class Meta:
        model = User
        fields = ["id", "name"]


class PostSerializer(serializers.ModelSerializer):
    """A post as it is shown."""

    image = serializers.FileField(read_only=True)
    author = AuthorSerializer(read_only=True)
    likes = serializers.IntegerField(read_only=True, source="like_count")
    liked = serializers.BooleanField(read_only=True)

    class Meta:
        model = Post
        fields = ["id", "text", "image", "author", "created_at", "likes", "liked"]
