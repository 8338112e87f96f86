"""Accounts as HTML pages, by class-based views."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import LoginView, RedirectURLMixin
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView, View

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
from interfaces.class_views.pages import FormPage, Page
from interfaces.requests import before_of
from interfaces.responses import SeeOther

secret = method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")


class ForVisitors(RedirectURLMixin):
    """Leads whoever is signed in already on to where ``next`` leads, or to the list."""

    next_page = "cbv:posts"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return SeeOther(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)


class ByLink:
    """Finds the user whom the link in a mail belongs to; one that leads nowhere is a 400."""

    tokens: PasswordResetTokenGenerator

    def dispatch(self, request: HttpRequest, uid: str, token: str) -> HttpResponse:
        self.user = find_user(uid, token, self.tokens)
        if self.user is None:
            return render(request, "accounts/invalid_link.html", status=400)
        return super().dispatch(request, uid=uid, token=token)


class AccountForm(FormView):
    """A form that a service has the last word on: what it refuses is an error like any other."""

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            return self.carry_out(form)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)


@secret
class SignIn(FormPage, ForVisitors, LoginView):
    """The form that asks who somebody is, which signs in whoever it proves to be."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"

    def form_valid(self, form: SignInForm) -> HttpResponse:
        login(self.request, form.get_user())
        messages.success(self.request, "You are signed in.")
        return SeeOther(self.get_success_url())


@method_decorator(never_cache, name="dispatch")
class SignOut(View):
    """Signs out whoever is signed in; only a POST does, so that no link from elsewhere can."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        messages.success(request, "You are signed out.")
        return SeeOther(reverse("cbv:posts"))


@secret
class SignUp(FormPage, ForVisitors, AccountForm):
    """The form that makes an account of what comes back in it."""

    form_class = SignUpForm
    template_name = "accounts/sign_up.html"

    def carry_out(self, form: SignUpForm) -> HttpResponse:
        services.sign_up(**form.cleaned_data)
        return SeeOther(reverse("cbv:sign-up-done"))


class SignUpDone(Page, TemplateView):
    """Says what comes next, in the same words to everyone."""

    template_name = "accounts/sign_up_done.html"


@secret
class Activate(FormPage, ByLink, AccountForm):
    """Asks whoever opens the link in a mail to confirm it, and activates the account then."""

    form_class = ActivationForm
    template_name = "accounts/activate.html"
    tokens = activation_tokens

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.user}

    def carry_out(self, form: ActivationForm) -> HttpResponse:
        services.activate_account(**self.kwargs, **form.cleaned_data)
        messages.success(self.request, "Your account is active. Sign in with your password.")
        return SeeOther(reverse("cbv:sign-in"))


@method_decorator(never_cache, name="dispatch")
class PasswordReset(FormPage, FormView):
    """Asks for an address, and mails its owner a link to a new password."""

    form_class = PasswordResetForm
    template_name = "accounts/password_reset.html"

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        services.request_password_reset(**form.cleaned_data)
        return SeeOther(reverse("cbv:password-reset-done"))


class PasswordResetDone(Page, TemplateView):
    """Says what comes next, in the same words to everyone."""

    template_name = "accounts/password_reset_done.html"


@secret
class PasswordResetConfirm(FormPage, ByLink, AccountForm):
    """Asks whoever opens the link in a mail for a new password, and makes it theirs."""

    form_class = NewPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    tokens = reset_tokens

    def carry_out(self, form: NewPasswordForm) -> HttpResponse:
        services.reset_password(**self.kwargs, **form.cleaned_data)
        messages.success(self.request, "Your password is changed. Sign in with the new one.")
        return SeeOther(reverse("cbv:sign-in"))


@method_decorator(never_cache, name="dispatch")
class Profile(Page, LoginRequiredMixin, TemplateView):
    """Shows users what the site knows of them, and a page of their own posts, newest first."""

    template_name = "accounts/profile.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, before = self.request.user, before_of(self.request)
        page = page_of(Post.objects.written_by(user).with_likes(user), before=before)
        return super().get_context_data(posts=page.posts, next=page.next, before=before, **kwargs)
