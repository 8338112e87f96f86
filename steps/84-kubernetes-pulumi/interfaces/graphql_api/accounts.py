"""Accounts in GraphQL: your profile, signing up, and signing in and out."""

import graphene
from django.contrib.auth import login, logout
from django.core.exceptions import PermissionDenied
from graphene import ResolveInfo

from accounts import services
from accounts.limits import check_rate_limit
from accounts.models import User
from blog.paging import Page, page_of
from interfaces.graphql_api.authentication import require_csrf_token
from interfaces.graphql_api.posts import (
    PAGE_ARGUMENTS,
    PostPage,
    get_posts,
    validate_page_arguments,
)


class Me(graphene.ObjectType):
    """You, including what nobody else can see."""

    id = graphene.Int(required=True, description="Your id.")
    name = graphene.String(required=True, description="Your public name.")
    email = graphene.String(required=True, description="Your e-mail address.")
    date_joined = graphene.DateTime(required=True, description="When you signed up.")
    posts = graphene.Field(PostPage, **PAGE_ARGUMENTS, description="Your own posts, newest first.")

    @staticmethod
    def resolve_posts(user: User, info: ResolveInfo, first: int, before: int | None = None) -> Page:
        size = validate_page_arguments(first, before)
        return page_of(get_posts(info).written_by(user), before=before, size=size)


class AccountQueries(graphene.ObjectType):
    me = graphene.Field(Me, description="The signed-in user; an error for a visitor.")

    @staticmethod
    def resolve_me(root: None, info: ResolveInfo) -> User:
        if not info.context.user.is_authenticated:
            raise PermissionDenied
        return info.context.user


class OkMixin:
    """The result of a mutation that returns no data; failures are errors."""

    ok = graphene.Boolean(required=True, description="True: the request was accepted.")


class CredentialsArguments:
    """The arguments of signing up and signing in."""

    email = graphene.String(required=True, description="An e-mail address; case does not matter.")
    password = graphene.String(required=True, description="A password.")


class SignUp(OkMixin, graphene.Mutation):
    """Sign up, and receive a mail with a link that activates the account.

    The response is the same whether or not the address already has an account.
    """

    Arguments = CredentialsArguments

    @staticmethod
    def mutate(root: None, info: ResolveInfo, email: str, password: str) -> "SignUp":
        check_rate_limit(info.context, "sign-up", email)
        services.sign_up(email=email, password=password)
        return SignUp(ok=True)


class ActivateAccount(OkMixin, graphene.Mutation):
    """Activate an account, with the link that was mailed after the sign-up."""

    class Arguments:
        uid = graphene.String(required=True, description="The second-to-last part of the link.")
        token = graphene.String(required=True, description="The last part of the link.")
        password = graphene.String(description="Required after several sign-ups; else ignored.")

    @staticmethod
    def mutate(
        root: None, info: ResolveInfo, uid: str, token: str, password: str | None = None
    ) -> "ActivateAccount":
        services.activate_account(uid=uid, token=token, password=password)
        return ActivateAccount(ok=True)


class SignIn(graphene.Mutation):
    """Start a session, stored in a cookie. The request needs the header X-CSRFToken."""

    Arguments = CredentialsArguments

    me = graphene.Field(Me, required=True, description="The signed-in user.")

    @staticmethod
    def mutate(root: None, info: ResolveInfo, email: str, password: str) -> "SignIn":
        require_csrf_token(info.context)
        user = services.check_credentials(email=email, password=password, request=info.context)
        login(info.context, user)
        return SignIn(me=user)


class SignOut(OkMixin, graphene.Mutation):
    """End the session, if there is one. Tokens stay valid until they are revoked."""

    @staticmethod
    def mutate(root: None, info: ResolveInfo) -> "SignOut":
        logout(info.context)
        return SignOut(ok=True)


class RequestPasswordReset(OkMixin, graphene.Mutation):
    """Request a link to choose a new password; the response is the same for every address."""

    class Arguments:
        email = graphene.String(required=True, description="The e-mail address of an account.")

    @staticmethod
    def mutate(root: None, info: ResolveInfo, email: str) -> "RequestPasswordReset":
        check_rate_limit(info.context, "password-reset", email)
        services.request_password_reset(email=email)
        return RequestPasswordReset(ok=True)


class ResetPassword(OkMixin, graphene.Mutation):
    """Choose a new password, with the link that was mailed."""

    class Arguments:
        uid = graphene.String(required=True, description="The second-to-last part of the link.")
        token = graphene.String(required=True, description="The last part of the link.")
        password = graphene.String(required=True, description="The new password.")

    @staticmethod
    def mutate(
        root: None, info: ResolveInfo, uid: str, token: str, password: str
    ) -> "ResetPassword":
        services.reset_password(uid=uid, token=token, password=password)
        return ResetPassword(ok=True)


class AccountMutations(graphene.ObjectType):
    sign_up = SignUp.Field()
    activate_account = ActivateAccount.Field()
    sign_in = SignIn.Field()
    sign_out = SignOut.Field()
    request_password_reset = RequestPasswordReset.Field()
    reset_password = ResetPassword.Field()
