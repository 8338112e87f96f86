"""Posts as HTML pages, by function views."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits import check_rate_limit
from blog.forms import PostForm, PostUpdateForm
from blog.models import Post
from blog.permissions import can_change_post
from blog.selectors import list_posts
from blog.services import delete_post, edit_post, like_post, publish_post, unlike_post
from interfaces.function_views.shortcuts import render_form
from interfaces.requests import get_before
from interfaces.responses import SeeOther, safe_next_url


@require_safe
def post_list(request: HttpRequest) -> HttpResponse:
    """Show a page of posts, newest first: all of them, or those that contain the text ``q``."""
    text = request.GET.get("q", "").strip()
    before = get_before(request)
    if text:
        check_rate_limit(request, "search")
    page = list_posts(request.user, text=text, before=before)
    context = {"posts": page.posts, "next": page.next, "before": before, "q": text}
    return render(request, "blog/post_list.html", context)


@require_safe
def post_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one post; its author also gets links to edit and delete it."""
    posts = Post.objects.with_likes(request.user).select_related("author")
    post = get_object_or_404(posts, pk=pk)
    context = {"post": post, "can_change_post": can_change_post(request.user, post)}
    return render(request, "blog/post_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def post_create(request: HttpRequest) -> HttpResponse:
    """Show the form for a new post, and publish it."""
    if request.method == "POST":
        check_rate_limit(request, "publish")
    form = PostForm(request.POST, request.FILES) if request.method == "POST" else PostForm()
    if form.is_valid():
        post = publish_post(**form.cleaned_data, author=request.user)
        messages.success(request, "Your post is published.")
        return SeeOther(reverse("fbv:post-detail", args=[post.pk]))
    return render_form(request, "blog/post_form.html", form)


def author_required(view_func: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view the post in its URL, if the user is the author.

    Visitors who are not signed in are redirected to sign in. A post of another user is a 403; a
    post that does not exist is a 404, even if it is deleted while the view runs.
    """

    @login_required
    @wraps(view_func)
    def wrapper(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            post = Post.objects.get(pk=pk)
            if not can_change_post(request.user, post):
                raise PermissionDenied
            return view_func(request, post)
        except Post.DoesNotExist as error:
            raise Http404 from error

    return wrapper


@require_http_methods(["GET", "HEAD", "POST"])
@author_required
def post_update(request: HttpRequest, post: Post) -> HttpResponse:
    """Show the form to edit a post, and save the changes."""
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = PostUpdateForm(*data, post=post)
    if form.is_valid():
        edit_post(post=post, user=request.user, **form.changes())
        messages.success(request, "Your post is changed.")
        return SeeOther(reverse("fbv:post-detail", args=[post.pk]))
    return render_form(request, "blog/post_update_form.html", form, post=post)


@require_http_methods(["GET", "HEAD", "POST"])
@author_required
def post_delete(request: HttpRequest, post: Post) -> HttpResponse:
    """Ask for confirmation, and delete a post."""
    if request.method == "POST":
        delete_post(post=post, user=request.user)
        messages.success(request, "Your post is deleted.")
        return SeeOther(reverse("fbv:post-list"))
    return render(request, "blog/post_confirm_delete.html", {"post": post})


@require_http_methods(["POST", "PUT", "DELETE"])
def post_like(request: HttpRequest, pk: int) -> HttpResponse:
    """Like a post or remove the like: a form is redirected to its page, a script gets JSON.

    The request states the result (``liked=1`` or PUT, ``liked=0`` or DELETE), not a toggle:
    sending it twice has the same effect as sending it once.
    """
    try:
        return (
            like_by_form(request, pk) if request.method == "POST" else like_by_script(request, pk)
        )
    except Post.DoesNotExist as error:
        raise Http404 from error


def like_by_form(request: HttpRequest, pk: int) -> HttpResponse:
    """Like or unlike as ``liked`` says, and redirect to ``next`` or to the sign-in page."""
    services = {"0": unlike_post, "1": like_post}
    service = services.get(request.POST.get("liked", ""))
    if service is None:
        raise BadRequest("“liked” must be 0 or 1.")
    page = safe_next_url(request, otherwise=reverse("fbv:post-detail", args=[pk]))
    if not request.user.is_authenticated:
        return redirect_to_login(page)
    service(post=Post.objects.get(pk=pk), user=request.user)
    return SeeOther(page)


def like_by_script(request: HttpRequest, pk: int) -> HttpResponse:
    """Like a post by PUT or remove the like by DELETE, and return the new count."""
    if not request.user.is_authenticated:
        return JsonResponse({"detail": "Sign in to like a post."}, status=401)
    service = like_post if request.method == "PUT" else unlike_post
    service(post=Post.objects.get(pk=pk), user=request.user)
    post = Post.objects.with_likes(request.user).get(pk=pk)
    return JsonResponse({"liked": post.liked, "likes": post.like_count})
