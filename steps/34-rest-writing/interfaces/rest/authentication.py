"""How the API knows who asks."""

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """The session, which whoever is not signed in is asked for with 401.

    REST framework's own names no way to sign in, and would have to answer 403.
    """

    def authenticate_header(self, request: Request) -> str:
        return "Session"
