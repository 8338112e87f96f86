"""A backend that limits how often somebody may try to sign in."""

from django.http import HttpRequest

from accounts.limits import check_rate_limit


class RateLimitBackend:
    """Comes before the backend that knows the users, and is asked for every password.

    Raises ``RateLimitExceeded`` before the password is hashed, which takes time by design. Without
    a request, in a shell for example, there is no limit.
    """

    def authenticate(self, request: HttpRequest | None, username: str, password: str) -> None:
        if request is not None:
            check_rate_limit(request, "sign-in", username)
