"""Posts as HTML pages, by function views."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from blog.models import Post


@require_safe
def post_list(request: HttpRequest) -> HttpResponse:
    """Show the twenty newest posts."""
    return render(request, "blog/post_list.html", {"posts": Post.objects.newest()[:20]})


@require_safe
def post_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one post."""
    return render(request, "blog/post_detail.html", {"post": get_object_or_404(Post, pk=pk)})
