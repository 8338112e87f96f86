"""Accounts as HTML pages, by function views."""

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.forms import (
    ActivationForm,
    PasswordResetForm,
    SetPasswordForm,
    SignInForm,
    SignUpForm,
)
from accounts.limits import check_rate_limit
from accounts.tokens import activation_token_generator, find_user, password_reset_token_generator
from blog.models import Post
from blog.paging import page_of
from interfaces.function_views.shortcuts import render_form
from interfaces.requests import get_before
from interfaces.responses import SeeOther, safe_next_url


def get_success_url(request: HttpRequest) -> str:
    """Return the URL in ``next`` if it is on this site, and the list of posts otherwise."""
    return safe_next_url(request, otherwise=reverse("fbv:post-list"))


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
    return render_form(request, "accounts/sign_in.html", form)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign the user out. POST only, so that no link on another site can do it."""
    logout(request)
    messages.success(request, "You are signed out.")
    return SeeOther(reverse("fbv:post-list"))


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Show the sign-up form, and create an account."""
    if request.user.is_authenticated:
        return SeeOther(get_success_url(request))
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            check_rate_limit(request, "sign-up", form.cleaned_data["email"])
            services.sign_up(**form.cleaned_data)
            return SeeOther(reverse("fbv:sign-up-done"))
        except ValidationError as error:
            form.add_error(None, error)
    return render_form(request, "accounts/sign_up.html", form)


@require_safe
def sign_up_done(request: HttpRequest) -> HttpResponse:
    """Tell visitors what comes next, in the same words for every address."""
    return render(request, "accounts/sign_up_done.html")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show the page of an activation link, and activate the account once it is confirmed."""
    user = find_user(uid, token, activation_token_generator)
    if user is None:
        return render(request, "accounts/invalid_link.html", status=400)
    form = ActivationForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.activate_account(uid=uid, token=token, **form.cleaned_data)
            messages.success(request, "Your account is active. Sign in with your password.")
            return SeeOther(reverse("fbv:sign-in"))
        except ValidationError as error:
            form.add_error(None, error)
    return render_form(request, "accounts/activate.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and send its owner a link to choose a new password."""
    form = PasswordResetForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        check_rate_limit(request, "password-reset", form.cleaned_data["email"])
        services.request_password_reset(**form.cleaned_data)
        return SeeOther(reverse("fbv:password-reset-done"))
    return render_form(request, "accounts/password_reset.html", form)


@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """Tell visitors what comes next, in the same words for every address."""
    return render(request, "accounts/password_reset_done.html")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset_confirm(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Show the page of a password-reset link, and set the new password."""
    if find_user(uid, token, password_reset_token_generator) is None:
        return render(request, "accounts/invalid_link.html", status=400)
    form = SetPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.reset_password(uid=uid, token=token, **form.cleaned_data)
            messages.success(request, "Your password is changed. Sign in with the new one.")
            return SeeOther(reverse("fbv:sign-in"))
        except ValidationError as error:
            form.add_error(None, error)
    return render_form(request, "accounts/password_reset_confirm.html", form)


@require_safe
@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show the profile of the signed-in user, with a page of their own posts, newest first."""
    before = get_before(request)
    posts = Post.objects.written_by(request.user).with_likes(request.user)
    page = page_of(posts, before=before)
    context = {"posts": page.posts, "next": page.next, "before": before}
    return render(request, "accounts/profile.html", context)
