"""Accounts as JSON, by function views."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts import services
from interfaces.rest import accounts_docs as docs
from interfaces.rest.accounts import (
    RESET_REQUESTED,
    SIGNED_UP,
    ActivationSerializer,
    CredentialsSerializer,
    EmailSerializer,
    NewPasswordSerializer,
)


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
    services.sign_up(**get_validated_data(CredentialsSerializer, request))
    return Response({"detail": SIGNED_UP}, status=status.HTTP_202_ACCEPTED)


@extend_schema(**docs.ACTIVATE)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def activate(request: Request) -> Response:
    """Activate an account with the parts of the mailed link."""
    services.activate_account(**get_validated_data(ActivationSerializer, request))
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(**docs.REQUEST_PASSWORD_RESET)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def password_reset(request: Request) -> Response:
    """Send a link to choose a new password; the response does not reveal who has an account."""
    services.request_password_reset(**get_validated_data(EmailSerializer, request))
    return Response({"detail": RESET_REQUESTED}, status=status.HTTP_202_ACCEPTED)


@extend_schema(**docs.RESET_PASSWORD)
@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def password_reset_confirm(request: Request) -> Response:
    """Set a new password with the parts of the mailed link."""
    services.reset_password(**get_validated_data(NewPasswordSerializer, request))
    return Response(status=status.HTTP_204_NO_CONTENT)
