"""Posts as HTML pages, by function views."""

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from blog.forms import PostForm
from blog.models import Post
from blog.paging import page_of, parse_before
from blog.services import publish_post
from interfaces.function_views.shortcuts import render_form
from interfaces.responses import SeeOther


@require_safe
def post_list(request: HttpRequest) -> HttpResponse:
    """Show a page of posts, newest first: all of them, or those that contain the text ``q``."""
    text = request.GET.get("q", "").strip()
    try:
        before = parse_before(request.GET.get("before", ""))
    except ValidationError as error:
        raise BadRequest from error
    page = page_of(Post.objects.matching(text), before=before)
    context = {"posts": page.posts, "next": page.next, "before": before, "q": text}
    return render(request, "blog/post_list.html", context)


@require_safe
def post_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one post."""
    return render(request, "blog/post_detail.html", {"post": get_object_or_404(Post, pk=pk)})


@require_http_methods(["GET", "HEAD", "POST"])
def post_create(request: HttpRequest) -> HttpResponse:
    """Show the form for a new post, and publish it."""
    form = PostForm(request.POST, request.FILES) if request.method == "POST" else PostForm()
    if form.is_valid():
        post = publish_post(**form.cleaned_data, author=request.user)
        messages.success(request, "Your post is published.")
        return SeeOther(reverse("fbv:post-detail", args=[post.pk]))
    return render_form(request, "blog/post_form.html", form)
