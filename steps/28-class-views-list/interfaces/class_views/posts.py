"""Posts as HTML pages, by class-based views."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.views.generic import DetailView, FormView, TemplateView

from blog.forms import PostForm
from blog.models import Post, PostQuerySet
from blog.paging import page_of
from blog.permissions import can_change_post
from blog.services import publish_post
from interfaces.class_views.mixins import FormPageMixin, PageMixin
from interfaces.requests import get_before
from interfaces.responses import SeeOther


class PostListView(PageMixin, TemplateView):
    """A page of posts, newest first: all of them, or those that contain the text ``q``.

    Not a ``ListView``: its paginator would count all posts, and use OFFSET.
    """

    template_name = "blog/post_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        text = self.request.GET.get("q", "").strip()
        before = get_before(self.request)
        page = page_of(Post.objects.matching(text).with_likes(self.request.user), before=before)
        return super().get_context_data(
            posts=page.posts, next=page.next, before=before, q=text, **kwargs
        )


class PostDetailView(PageMixin, DetailView):
    """One post; its author also gets links to edit and delete it."""

    template_name = "blog/post_detail.html"

    def get_queryset(self) -> PostQuerySet:
        return Post.objects.with_likes(self.request.user).select_related("author")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        allowed = can_change_post(self.request.user, self.object)
        return super().get_context_data(can_change_post=allowed, **kwargs)


class PostCreateView(FormPageMixin, FormView):
    """The form for a new post."""

    form_class = PostForm
    template_name = "blog/post_form.html"

    def form_valid(self, form: PostForm) -> HttpResponse:
        post = publish_post(**form.cleaned_data, author=self.request.user)
        messages.success(self.request, "Your post is published.")
        return SeeOther(reverse("cbv:post-detail", args=[post.pk]))
