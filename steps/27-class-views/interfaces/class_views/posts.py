"""Posts as HTML pages, by class-based views."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.views.generic import DetailView, FormView

from blog.forms import PostForm
from blog.models import Post, PostQuerySet
from blog.permissions import can_change_post
from blog.services import publish_post
from interfaces.class_views.mixins import FormPageMixin, PageMixin
from interfaces.responses import SeeOther


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
