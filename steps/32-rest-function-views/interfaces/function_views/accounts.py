"""Accounts as HTML pages, by function views."""

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.forms import (
    ActivationForm,
    NewPasswordForm,
    PasswordResetForm,
    SignInForm,
    SignUpForm,
)
from accounts.tokens import activation_tokens, find_user, reset_tokens
from blog.models import Post
from blog.paging import page_of
from interfaces.requests import before_of
from interfaces.responses import SeeOther, page_here


def after_sign_in(request: HttpRequest) -> str:
    """Return the page that ``next`` names if it is one of this site, and the list otherwise."""
    return page_here(request, request.GET.get("next", ""), otherwise=reverse("fbv:posts"))


def show(request: HttpRequest, template: str, form: Form) -> HttpResponse:
    """Show a form: with the errors that it has, and the status that says so, or without."""
    return render(request, template, {"form": form}, status=400 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form that asks who somebody is, and sign in whoever it proves to be."""
    if request.user.is_authenticated:
        return SeeOther(after_sign_in(request))
    form = SignInForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        login(request, form.get_user())
        messages.success(request, "You are signed in.")
        return SeeOther(after_sign_in(request))
    return show(request, "accounts/sign_in.html", form)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out whoever is signed in; only a POST does, so that no link from elsewhere can."""
    logout(request)
    messages.success(request, "You are signed out.")
    return SeeOther(reverse("fbv:posts"))


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Show the form that makes an account, and make it of what comes back."""
    if request.user.is_authenticated:
        return SeeOther(after_sign_in(request))
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.sign_up(**form.cleaned_data)
            return SeeOther(reverse("fbv:sign-up-done"))
        except ValidationError as error:
            form.add_error(None, error)
    return show(request, "accounts/sign_up.html", form)


@require_safe
def sign_up_done(request: HttpRequest) -> HttpResponse:
    """Say what comes next, in the same words to everyone."""
    return render(request, "accounts/sign_up_done.html")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Ask whoever opens the link in a mail to confirm it, and activate the account when they do."""
    user = find_user(uid, token, activation_tokens)
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
    return show(request, "accounts/activate.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and mail its owner a link to a new password."""
    form = PasswordResetForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.request_password_reset(**form.cleaned_data)
        return SeeOther(reverse("fbv:password-reset-done"))
    return show(request, "accounts/password_reset.html", form)


@require_safe
def password_reset_done(request: HttpRequest) -> HttpResponse:
    """Say what comes next, in the same words to everyone."""
    return render(request, "accounts/password_reset_done.html")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset_confirm(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Ask whoever opens the link in a mail for a new password, and make it theirs."""
    if find_user(uid, token, reset_tokens) is None:
        return render(request, "accounts/invalid_link.html", status=400)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.reset_password(uid=uid, token=token, **form.cleaned_data)
            messages.success(request, "Your password is changed. Sign in with the new one.")
            return SeeOther(reverse("fbv:sign-in"))
        except ValidationError as error:
            form.add_error(None, error)
    return show(request, "accounts/password_reset_confirm.html", form)


@require_safe
@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show users what the site knows of them, and a page of their own posts, newest first."""
    before = before_of(request)
    posts = Post.objects.written_by(request.user).with_likes(request.user)
    page = page_of(posts, before=before)
    context = {"posts": page.posts, "next": page.next, "before": before}
    return render(request, "accounts/profile.html", context)
