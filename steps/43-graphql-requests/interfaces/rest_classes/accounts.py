"""Accounts as JSON, by class views."""

from typing import Any

from django.contrib.auth import login, logout
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import Token, User
from blog.models import PostQuerySet
from interfaces.rest import accounts_docs as docs
from interfaces.rest.accounts import (
    RESET_REQUESTED,
    SIGNED_UP,
    ActivationSerializer,
    CredentialsSerializer,
    EmailSerializer,
    MeSerializer,
    NewPasswordSerializer,
    TokenSerializer,
)
from interfaces.rest.authentication import SignInAuthentication, TokenAuthentication
from interfaces.rest.posts import PostSerializer, posts_for
from interfaces.rest_classes.posts import Pages


class Action(generics.GenericAPIView):
    """Takes what its serializer reads, from anyone, and does one thing with it."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.act(**serializer.validated_data)


@extend_schema_view(post=extend_schema(**docs.SIGN_UP))
class SignUp(Action):
    """Asks for an account; the answer tells nobody who has one."""

    serializer_class = CredentialsSerializer

    def act(self, **sent: Any) -> Response:
        services.sign_up(**sent)
        return Response({"detail": SIGNED_UP}, status=status.HTTP_202_ACCEPTED)


@extend_schema_view(post=extend_schema(**docs.ACTIVATE))
class Activate(Action):
    """Activates an account by the link that was mailed."""

    serializer_class = ActivationSerializer

    def act(self, **sent: Any) -> Response:
        services.activate_account(**sent)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(post=extend_schema(**docs.REQUEST_PASSWORD_RESET))
class RequestPasswordReset(Action):
    """Has a link to a new password mailed; the answer tells nobody who has an account."""

    serializer_class = EmailSerializer

    def act(self, **sent: Any) -> Response:
        services.request_password_reset(**sent)
        return Response({"detail": RESET_REQUESTED}, status=status.HTTP_202_ACCEPTED)


@extend_schema_view(post=extend_schema(**docs.RESET_PASSWORD))
class ResetPassword(Action):
    """Sets a new password by the link that was mailed."""

    serializer_class = NewPasswordSerializer

    def act(self, **sent: Any) -> Response:
        services.reset_password(**sent)
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator(never_cache, name="dispatch")
@extend_schema_view(
    get=extend_schema(**docs.GET_CSRF_TOKEN),
    post=extend_schema(**docs.SIGN_IN),
    delete=extend_schema(**docs.SIGN_OUT),
)
class Session(Action):
    """Gives out a CSRF token, signs in with it, or signs out."""

    authentication_classes = [SignInAuthentication]
    serializer_class = CredentialsSerializer

    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request)})

    def act(self, **sent: Any) -> Response:
        user = services.check_credentials(**sent, request=self.request)
        login(self.request, user)
        return Response(MeSerializer(user).data)

    def delete(self, request: Request) -> Response:
        logout(request)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(get=extend_schema(**docs.SHOW_ME))
class Me(generics.RetrieveAPIView):
    """Shows users themselves."""

    serializer_class = MeSerializer

    def get_object(self) -> User:
        return self.request.user


@extend_schema_view(get=extend_schema(**docs.LIST_MY_POSTS))
class MyPosts(generics.ListAPIView):
    """Lists the posts of whoever asks, newest first."""

    serializer_class = PostSerializer
    pagination_class = Pages

    def get_queryset(self) -> PostQuerySet:
        return posts_for(self.request.user).written_by(self.request.user)


@extend_schema_view(
    post=extend_schema(**docs.CREATE_TOKEN),
    delete=extend_schema(**docs.REVOKE_TOKEN),
)
class Tokens(Action):
    """Makes a token, or revokes the one that the request is sent with."""

    authentication_classes = [TokenAuthentication]
    serializer_class = CredentialsSerializer

    def get_permissions(self) -> list[BasePermission]:
        return [IsAuthenticated()] if self.request.method == "DELETE" else [AllowAny()]

    def act(self, **sent: Any) -> Response:
        key = services.create_token(user=services.check_credentials(**sent, request=self.request))
        made = {"token": key, "expires_at": Token.objects.usable(key).get().expires_at}
        return Response(TokenSerializer(made).data, status=status.HTTP_201_CREATED)

    def delete(self, request: Request) -> Response:
        services.revoke_token(key=request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)
