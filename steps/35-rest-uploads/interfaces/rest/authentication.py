"""Authentication of the API."""

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """Authenticates by session, with a challenge, so that a missing sign-in is a 401.

    REST framework's class has no challenge, so it would respond with 403.
    """

    def authenticate_header(self, request: Request) -> str:
        return "Session"
