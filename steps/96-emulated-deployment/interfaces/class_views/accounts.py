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
    PasswordResetForm,
    SetPasswordForm,
    SignInForm,
    SignUpForm,
)
from accounts.limits import check_rate_limit
from accounts.tokens import activation_token_generator, find_user, password_reset_token_generator
from blog.models import Post
from blog.paging import page_of
from interfaces.class_views.mixins import FormPageMixin, PageMixin
from interfaces.requests import get_before
from interfaces.responses import SeeOther

sensitive_view = method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")


class AnonymousRequiredMixin(RedirectURLMixin):
    """Redirects signed-in users to ``next``, or to the list of posts."""

    next_page = "cbv:post-list"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return SeeOther(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)


class SignedLinkMixin:
    """Finds the user of a mailed link, and responds with 400 to an invalid link."""

    token_generator: PasswordResetTokenGenerator

    def dispatch(self, request: HttpRequest, uid: str, token: str) -> HttpResponse:
        self.user = find_user(uid, token, self.token_generator)
        if self.user is None:
            return render(request, "accounts/invalid_link.html", status=400)
        return super().dispatch(request, uid=uid, token=token)


class ServiceFormView(FormView):
    """Passes a valid form to a service, and shows the service's errors like the form's own."""

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            return self.call_service(form)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)

    def call_service(self, form: Form) -> HttpResponse:
        """Call the service, and return the response if it succeeds. Each view defines this."""
        raise NotImplementedError


@sensitive_view
class SignInView(FormPageMixin, AnonymousRequiredMixin, LoginView):
    """The sign-in page."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"

    def form_valid(self, form: SignInForm) -> HttpResponse:
        login(self.request, form.get_user())
        messages.success(self.request, "You are signed in.")
        return SeeOther(self.get_success_url())


@method_decorator(never_cache, name="dispatch")
class SignOutView(View):
    """Signs the user out. POST only, so that no link on another site can do it.

    Not a ``LogoutView``, which responds with 302 and has no message.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        messages.success(request, "You are signed out.")
        return SeeOther(reverse("cbv:post-list"))


@sensitive_view
class SignUpView(FormPageMixin, AnonymousRequiredMixin, ServiceFormView):
    """The sign-up page."""

    form_class = SignUpForm
    template_name = "accounts/sign_up.html"

    def call_service(self, form: SignUpForm) -> HttpResponse:
        check_rate_limit(self.request, "sign-up", form.cleaned_data["email"])
        services.sign_up(**form.cleaned_data)
        return SeeOther(reverse("cbv:sign-up-done"))


class SignUpDoneView(PageMixin, TemplateView):
    """Tells visitors what comes next, in the same words for every address."""

    template_name = "accounts/sign_up_done.html"


@sensitive_view
class ActivateView(FormPageMixin, SignedLinkMixin, ServiceFormView):
    """The page of an activation link: it asks for confirmation, and then activates the account."""

    form_class = ActivationForm
    template_name = "accounts/activate.html"
    token_generator = activation_token_generator

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.user}

    def call_service(self, form: ActivationForm) -> HttpResponse:
        services.activate_account(**self.kwargs, **form.cleaned_data)
        messages.success(self.request, "Your account is active. Sign in with your password.")
        return SeeOther(reverse("cbv:sign-in"))


@method_decorator(never_cache, name="dispatch")
class PasswordResetView(FormPageMixin, FormView):
    """Asks for an address, and sends its owner a link to choose a new password."""

    form_class = PasswordResetForm
    template_name = "accounts/password_reset.html"

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        check_rate_limit(self.request, "password-reset", form.cleaned_data["email"])
        services.request_password_reset(**form.cleaned_data)
        return SeeOther(reverse("cbv:password-reset-done"))


class PasswordResetDoneView(PageMixin, TemplateView):
    """Tells visitors what comes next, in the same words for every address."""

    template_name = "accounts/password_reset_done.html"


@sensitive_view
class PasswordResetConfirmView(FormPageMixin, SignedLinkMixin, ServiceFormView):
    """The page of a password-reset link: it asks for a new password, and sets it."""

    form_class = SetPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    token_generator = password_reset_token_generator

    def call_service(self, form: SetPasswordForm) -> HttpResponse:
        services.reset_password(**self.kwargs, **form.cleaned_data)
        messages.success(self.request, "Your password is changed. Sign in with the new one.")
        return SeeOther(reverse("cbv:sign-in"))


@method_decorator(never_cache, name="dispatch")
class ProfileView(PageMixin, LoginRequiredMixin, TemplateView):
    """The profile of the signed-in user, with a page of their own posts, newest first."""

    template_name = "accounts/profile.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, before = self.request.user, get_before(self.request)
        page = page_of(Post.objects.written_by(user).with_likes(user), before=before)
        return super().get_context_data(posts=page.posts, next=page.next, before=before, **kwargs)
