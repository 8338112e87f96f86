"""Accounts as HTML pages, by function views."""

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import SignInForm
from interfaces.responses import SeeOther


def get_success_url(request: HttpRequest) -> str:
    """Return the URL in ``next`` if it is on this site, and the list of posts otherwise.

    A field of the form comes before the query, as in Django's ``RedirectURLMixin``.
    """
    page = request.POST.get("next", request.GET.get("next", ""))
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        return page
    return reverse("fbv:post-list")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in form, and sign the user in."""
    if request.user.is_authenticated:
        return SeeOther(get_success_url(request))
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        login(request, form.get_user())
        messages.success(request, "You are signed in.")
        return SeeOther(get_success_url(request))
    return render(
        request, "accounts/sign_in.html", {"form": form}, status=400 if form.errors else 200
    )


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign the user out. POST only, so that no link on another site can do it."""
    logout(request)
    messages.success(request, "You are signed out.")
    return SeeOther(reverse("fbv:post-list"))
