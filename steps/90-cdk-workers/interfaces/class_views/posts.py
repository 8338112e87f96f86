"""Posts as HTML pages, by class-based views."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.generic import DeleteView, DetailView, FormView, TemplateView, UpdateView, View
from django.views.generic.detail import SingleObjectMixin

from accounts.limits import check_rate_limit
from blog.forms import PostForm, PostUpdateForm
from blog.models import Post, PostQuerySet
from blog.permissions import can_change_post
from blog.selectors import list_posts
from blog.services import delete_post, edit_post, like_post, publish_post, unlike_post
from interfaces.class_views.mixins import FormPageMixin, PageMixin
from interfaces.requests import get_before
from interfaces.responses import SeeOther, safe_next_url


class PostListView(PageMixin, TemplateView):
    """A page of posts, newest first: all of them, or those that contain the text ``q``.

    Not a ``ListView``: its paginator would count all posts, and use OFFSET.
    """

    template_name = "blog/post_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        text = self.request.GET.get("q", "").strip()
        before = get_before(self.request)
        if text:
            check_rate_limit(self.request, "search")
        page = list_posts(self.request.user, text=text, before=before)
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

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        check_rate_limit(request, "publish")
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PostForm) -> HttpResponse:
        post = publish_post(**form.cleaned_data, author=self.request.user)
        messages.success(self.request, "Your post is published.")
        return SeeOther(reverse("cbv:post-detail", args=[post.pk]))


class MissingPostMixin:
    """Responds with 404 if the post does not exist, even if it is deleted while the view runs."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Post.DoesNotExist as error:
            raise Http404 from error


class AuthorRequiredMixin(MissingPostMixin, LoginRequiredMixin, SingleObjectMixin):
    """Gives a view the post in its URL, if the user is the author.

    Visitors who are not signed in are redirected to sign in; a post of another user is a 403.
    """

    model = Post

    def get_object(self, queryset: QuerySet | None = None) -> Post:
        post = super().get_object(queryset)
        if not can_change_post(self.request.user, post):
            raise PermissionDenied
        return post


class PostUpdateView(FormPageMixin, AuthorRequiredMixin, UpdateView):
    """The form to edit a post."""

    form_class = PostUpdateForm
    template_name = "blog/post_update_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        # The form takes its initial data from the post, and leaves the post itself to the service.
        kwargs = super().get_form_kwargs()
        del kwargs["initial"], kwargs["instance"]
        return kwargs | {"post": self.object}

    def form_valid(self, form: PostUpdateForm) -> HttpResponse:
        edit_post(post=self.object, user=self.request.user, **form.changes())
        messages.success(self.request, "Your post is changed.")
        return SeeOther(reverse("cbv:post-detail", args=[self.object.pk]))


class PostDeleteView(FormPageMixin, AuthorRequiredMixin, DeleteView):
    """Asks for confirmation, and deletes a post."""

    template_name = "blog/post_confirm_delete.html"

    def form_valid(self, form: Form) -> HttpResponse:
        delete_post(post=self.object, user=self.request.user)
        messages.success(self.request, "Your post is deleted.")
        return SeeOther(reverse("cbv:post-list"))


class PostLikeView(MissingPostMixin, View):
    """Likes a post or removes the like: a form is redirected to its page, a script gets JSON.

    The request states the result (``liked=1`` or PUT, ``liked=0`` or DELETE), not a toggle:
    sending it twice has the same effect as sending it once.
    """

    http_method_names = ["post", "put", "delete"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        services = {"0": unlike_post, "1": like_post}
        service = services.get(request.POST.get("liked", ""))
        if service is None:
            raise BadRequest("“liked” must be 0 or 1.")
        page = safe_next_url(request, otherwise=reverse("cbv:post-detail", args=[pk]))
        if not request.user.is_authenticated:
            return redirect_to_login(page)
        service(post=Post.objects.get(pk=pk), user=request.user)
        return SeeOther(page)

    def put(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.like_by_script(like_post, pk)

    def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.like_by_script(unlike_post, pk)

    def like_by_script(self, service: Callable[..., None], pk: int) -> HttpResponse:
        user = self.request.user
        if not user.is_authenticated:
            return JsonResponse({"detail": "Sign in to like a post."}, status=401)
        service(post=Post.objects.get(pk=pk), user=user)
        post = Post.objects.with_likes(user).get(pk=pk)
        return JsonResponse({"liked": post.liked, "likes": post.like_count})
