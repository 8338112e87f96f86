"""Accounts as JSON, by class-based views."""

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
from accounts.authentication import TokenAuthentication
from accounts.limits import check_rate_limit
from accounts.models import User
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
from interfaces.rest.authentication import SignInAuthentication
from interfaces.rest.posts import PostSerializer, get_posts
from interfaces.rest_classes.posts import PostPagination


class ServiceView(generics.GenericAPIView):
    """Validates the data of a request from anyone, and calls one service with it."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.call_service(**serializer.validated_data)

    def call_service(self, **data: Any) -> Response:
        """Call the service, and return the response if it succeeds. Each view defines this."""
        raise NotImplementedError


@extend_schema_view(post=extend_schema(**docs.SIGN_UP))
class SignUpView(ServiceView):
    """Sign up; the response does not reveal whether the address has an account."""

    serializer_class = CredentialsSerializer

    def call_service(self, **data: Any) -> Response:
        check_rate_limit(self.request, "sign-up", data["email"])
        services.sign_up(**data)
        return Response({"detail": SIGNED_UP}, status=status.HTTP_202_ACCEPTED)


@extend_schema_view(post=extend_schema(**docs.ACTIVATE))
class ActivateView(ServiceView):
    """Activate an account with the parts of the mailed link."""

    serializer_class = ActivationSerializer

    def call_service(self, **data: Any) -> Response:
        services.activate_account(**data)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(post=extend_schema(**docs.REQUEST_PASSWORD_RESET))
class PasswordResetView(ServiceView):
    """Send a link to choose a new password; the response does not reveal who has an account."""

    serializer_class = EmailSerializer

    def call_service(self, **data: Any) -> Response:
        check_rate_limit(self.request, "password-reset", data["email"])
        services.request_password_reset(**data)
        return Response({"detail": RESET_REQUESTED}, status=status.HTTP_202_ACCEPTED)


@extend_schema_view(post=extend_schema(**docs.RESET_PASSWORD))
class PasswordResetConfirmView(ServiceView):
    """Set a new password with the parts of the mailed link."""

    serializer_class = NewPasswordSerializer

    def call_service(self, **data: Any) -> Response:
        services.reset_password(**data)
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator(never_cache, name="dispatch")
@extend_schema_view(
    get=extend_schema(**docs.GET_CSRF_TOKEN),
    post=extend_schema(**docs.SIGN_IN),
    delete=extend_schema(**docs.SIGN_OUT),
)
class SessionView(ServiceView):
    """Get a CSRF token, sign in with it, or sign out."""

    authentication_classes = [SignInAuthentication]
    serializer_class = CredentialsSerializer

    def get(self, request: Request) -> Response:
        return Response({"csrf_token": get_token(request)})

    def call_service(self, **data: Any) -> Response:
        user = services.check_credentials(**data, request=self.request)
        login(self.request, user)
        return Response(MeSerializer(user).data)

    def delete(self, request: Request) -> Response:
        logout(request)
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator(never_cache, name="dispatch")
@extend_schema_view(get=extend_schema(**docs.SHOW_ME))
class MeView(generics.RetrieveAPIView):
    """The signed-in user."""

    serializer_class = MeSerializer

    def get_object(self) -> User:
        return self.request.user


@method_decorator(never_cache, name="dispatch")
@extend_schema_view(get=extend_schema(**docs.LIST_MY_POSTS))
class MyPostListView(generics.ListAPIView):
    """The posts of the signed-in user, newest first."""

    serializer_class = PostSerializer
    pagination_class = PostPagination

    def get_queryset(self) -> PostQuerySet:
        return get_posts(self.request.user).written_by(self.request.user)


@method_decorator(never_cache, name="dispatch")
@extend_schema_view(
    post=extend_schema(**docs.CREATE_TOKEN),
    delete=extend_schema(**docs.REVOKE_TOKEN),
)
class TokenView(ServiceView):
    """Create a token, or revoke the one that the request uses."""

    authentication_classes = [TokenAuthentication]
    serializer_class = CredentialsSerializer

    def get_permissions(self) -> list[BasePermission]:
        return [IsAuthenticated()] if self.request.method == "DELETE" else [AllowAny()]

    def call_service(self, **data: Any) -> Response:
        user = services.check_credentials(**data, request=self.request)
        token, key = services.create_token(user=user)
        shown = {"token": key, "expires_at": token.expires_at}
        return Response(TokenSerializer(shown).data, status=status.HTTP_201_CREATED)

    def delete(self, request: Request) -> Response:
        services.revoke_token(key=request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)
