"""Accounts as JSON, by function views."""

from typing import Any

from django.contrib.auth import login, logout
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts import services
from accounts.authentication import TokenAuthentication
from accounts.limits import check_rate_limit
from blog.paging import page_of
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
from interfaces.rest.posts import get_posts
from interfaces.rest_functions.posts import get_before, get_page_data


def get_validated_data(serializer_class: type[Serializer], request: Request) -> dict[str, Any]:
    """Return the validated data of a request, as the arguments of a service."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


@extend_schema(**docs.SIGN_UP)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def sign_up(request: Request) -> Response:
    """Sign up; the response does not reveal whether the address has an account."""
    credentials = get_validated_data(CredentialsSerializer, request)
    check_rate_limit(request, "sign-up", credentials["email"])
    services.sign_up(**credentials)
    return Response({"detail": SIGNED_UP}, status=status.HTTP_202_ACCEPTED)


@extend_schema(**docs.ACTIVATE)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def activate(request: Request) -> Response:
    """Activate an account with the parts of the mailed link."""
    services.activate_account(**get_validated_data(ActivationSerializer, request))
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(methods=["GET"], **docs.GET_CSRF_TOKEN)
@extend_schema(methods=["POST"], **docs.SIGN_IN)
@extend_schema(methods=["DELETE"], **docs.SIGN_OUT)
@never_cache
@api_view(["GET", "HEAD", "POST", "DELETE"])
@authentication_classes([SignInAuthentication])
@permission_classes([AllowAny])
def session(request: Request) -> Response:
    """Get a CSRF token, sign in with it, or sign out."""
    if request.method == "POST":
        user = services.check_credentials(
            **get_validated_data(CredentialsSerializer, request), request=request
        )
        login(request, user)
        return Response(MeSerializer(user).data)
    if request.method == "DELETE":
        logout(request)
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response({"csrf_token": get_token(request)})


@extend_schema(**docs.SHOW_ME)
@never_cache
@api_view(["GET", "HEAD"])
def me(request: Request) -> Response:
    """Show the signed-in user."""
    return Response(MeSerializer(request.user).data)


@extend_schema(**docs.LIST_MY_POSTS)
@never_cache
@api_view(["GET", "HEAD"])
def my_post_list(request: Request) -> Response:
    """List the posts of the signed-in user, newest first."""
    posts = get_posts(request.user).written_by(request.user)
    return Response(get_page_data(request, page_of(posts, before=get_before(request))))


@extend_schema(**docs.REQUEST_PASSWORD_RESET)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def password_reset(request: Request) -> Response:
    """Send a link to choose a new password; the response does not reveal who has an account."""
    data = get_validated_data(EmailSerializer, request)
    check_rate_limit(request, "password-reset", data["email"])
    services.request_password_reset(**data)
    return Response({"detail": RESET_REQUESTED}, status=status.HTTP_202_ACCEPTED)


@extend_schema(**docs.RESET_PASSWORD)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def password_reset_confirm(request: Request) -> Response:
    """Set a new password with the parts of the mailed link."""
    services.reset_password(**get_validated_data(NewPasswordSerializer, request))
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(methods=["POST"], **docs.CREATE_TOKEN)
@extend_schema(methods=["DELETE"], **docs.REVOKE_TOKEN)
@never_cache
@api_view(["POST", "DELETE"])
@authentication_classes([TokenAuthentication])
@permission_classes([AllowAny])
def token(request: Request) -> Response:
    """Create a token, or revoke the one that the request uses."""
    if request.method == "DELETE":
        if request.auth is None:
            raise NotAuthenticated
        services.revoke_token(key=request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)
    user = services.check_credentials(
        **get_validated_data(CredentialsSerializer, request), request=request
    )
    new_token, key = services.create_token(user=user)
    data = {"token": key, "expires_at": new_token.expires_at}
    return Response(TokenSerializer(data).data, status=status.HTTP_201_CREATED)
