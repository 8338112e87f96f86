"""Posts in GraphQL: the types, the queries and the mutations.

The types are written field by field, and not by ``DjangoObjectType`` from the models: a column
is public only if a line here says so.
"""

from typing import Any

import graphene
from django.core.exceptions import ValidationError
from graphene import ResolveInfo

from accounts.limits import check_rate_limit
from blog import models, services
from blog.images import RULES
from blog.paging import PAGE_SIZE, Page
from blog.selectors import list_posts
from interfaces.graphql_api.errors import ClientError, ErrorCode
from interfaces.graphql_api.uploads import Upload

MAX_FIRST = 100

# The arguments of every field that returns a page of posts.
PAGE_ARGUMENTS = {
    "first": graphene.Int(default_value=PAGE_SIZE, description=f"How many, {MAX_FIRST} at most."),
    "before": graphene.Int(description="Only posts older than the one with this id."),
}


class Author(graphene.ObjectType):
    """An author. Other users see no more than this."""

    id = graphene.Int(required=True, description="The id of the user.")
    name = graphene.String(required=True, description="The public name of the user.")


class Post(graphene.ObjectType):
    """A short text that somebody has published."""

    id = graphene.Int(required=True, description="The id of the post; newer posts have higher ids.")
    text = graphene.String(required=True, description="1 to 280 characters; plain text, not HTML.")
    image = graphene.String(description="The URL of its image, if it has one.")
    author = graphene.Field(Author, description="The user who wrote it; null for a visitor.")
    created_at = graphene.DateTime(required=True, description="When it was published.")
    likes = graphene.Int(
        required=True, source="like_count", description="How many users like the post."
    )
    liked = graphene.Boolean(required=True, description="Whether you like it; false for a visitor.")

    @staticmethod
    def resolve_image(post: models.Post, info: ResolveInfo) -> str | None:
        return info.context.build_absolute_uri(post.image.url) if post.image else None


class PostPage(graphene.ObjectType):
    """A page of posts, newest first."""

    items = graphene.List(
        graphene.NonNull(Post), required=True, source="posts", description="The posts of the page."
    )
    next = graphene.Int(description="The “before” of the next page; null on the last page.")


def get_posts(info: ResolveInfo) -> models.PostQuerySet:
    """Return all posts with everything that fields can select, so that no field needs a query."""
    return models.Post.objects.with_likes(info.context.user).select_related("author")


def validate_page_arguments(first: int | None, before: int | None) -> int:
    """Return the size of a page; null counts as "not given". Raises an error on other values."""
    first = PAGE_SIZE if first is None else first
    if first > MAX_FIRST:
        raise ClientError(f"“first” must be at most {MAX_FIRST}.", ErrorCode.LIMIT_EXCEEDED)
    if first < 1:
        raise ValidationError({"first": "“first” must be at least 1."})
    if before is not None and before < 0:
        raise ValidationError({"before": "“before” must be the id of a post."})
    return first


class PostQueries(graphene.ObjectType):
    posts = graphene.Field(
        PostPage,
        search=graphene.String(description="Only posts that contain this text, ignoring case."),
        **PAGE_ARGUMENTS,
        description="The newest posts.",
    )
    post = graphene.Field(
        Post,
        id=graphene.Int(required=True, description="The id of the post."),
        description="One post.",
    )

    @staticmethod
    def resolve_posts(
        root: None, info: ResolveInfo, first: int, before: int | None = None, search: str = ""
    ) -> Page:
        size, text = validate_page_arguments(first, before), (search or "").strip()
        if text:
            check_rate_limit(info.context, "search")
        return list_posts(info.context.user, text=text, before=before, size=size)

    @staticmethod
    def resolve_post(root: None, info: ResolveInfo, id: int) -> models.Post:
        return get_posts(info).get(pk=id)


class PublishPost(graphene.Mutation):
    """Publish a post. Anyone may; a signed-in user becomes its author."""

    class Arguments:
        text = graphene.String(required=True, description="1 to 280 characters.")
        image = Upload(description=RULES)

    post = graphene.Field(Post, required=True, description="The new post.")

    @staticmethod
    def mutate(root: None, info: ResolveInfo, text: str, image: Any = None) -> "PublishPost":
        check_rate_limit(info.context, "publish")
        post = services.publish_post(text=text, author=info.context.user, image=image)
        return PublishPost(post=get_posts(info).get(pk=post.pk))


class PostIdArguments:
    """The argument that names a post."""

    id = graphene.Int(required=True, description="The id of the post.")


class EditPost(graphene.Mutation):
    """Change a post of your own. What is omitted, or null, stays as it is."""

    class Arguments(PostIdArguments):
        text = graphene.String(description="Another text, of 1 to 280 characters.")
        image = Upload(description=f"Another image: {RULES}")
        remove_image = graphene.Boolean(description="Whether to remove the image.")

    post = graphene.Field(Post, required=True, description="The post as it is now.")

    @staticmethod
    def mutate(
        root: None,
        info: ResolveInfo,
        id: int,
        text: str | None = None,
        image: Any = None,
        remove_image: bool | None = None,
    ) -> "EditPost":
        if image is not None and remove_image:
            raise ValidationError({"removeImage": "Either send an image, or remove it."})
        services.edit_post(
            post=models.Post.objects.get(pk=id),
            user=info.context.user,
            text=services.KEEP if text is None else text,
            image=services.KEEP if image is None and not remove_image else image,
        )
        return EditPost(post=get_posts(info).get(pk=id))


class DeletePost(graphene.Mutation):
    """Delete a post of your own, with its image."""

    Arguments = PostIdArguments

    id = graphene.Int(required=True, description="The id that the post had.")

    @staticmethod
    def mutate(root: None, info: ResolveInfo, id: int) -> "DeletePost":
        services.delete_post(post=models.Post.objects.get(pk=id), user=info.context.user)
        return DeletePost(id=id)


class LikePost(graphene.Mutation):
    """Like a post; liking it again changes nothing."""

    Arguments = PostIdArguments

    post = graphene.Field(Post, required=True, description="The post as it is now.")

    @staticmethod
    def mutate(root: None, info: ResolveInfo, id: int) -> "LikePost":
        services.like_post(post=models.Post.objects.get(pk=id), user=info.context.user)
        return LikePost(post=get_posts(info).get(pk=id))


class UnlikePost(graphene.Mutation):
    """Remove your like of a post, if there is one."""

    Arguments = PostIdArguments

    post = graphene.Field(Post, required=True, description="The post as it is now.")

    @staticmethod
    def mutate(root: None, info: ResolveInfo, id: int) -> "UnlikePost":
        services.unlike_post(post=models.Post.objects.get(pk=id), user=info.context.user)
        return UnlikePost(post=get_posts(info).get(pk=id))


class PostMutations(graphene.ObjectType):
    publish_post = PublishPost.Field()
    edit_post = EditPost.Field()
    delete_post = DeletePost.Field()
    like_post = LikePost.Field()
    unlike_post = UnlikePost.Field()
