"""The documentation of the account endpoints."""

from interfaces.rest.accounts import (
    RESET_REQUESTED,
    SIGNED_UP,
    ActivationSerializer,
    CredentialsSerializer,
    CsrfTokenSerializer,
    EmailSerializer,
    MeSerializer,
    NewPasswordSerializer,
    TokenSerializer,
)
from interfaces.rest.docs import SENT, DetailSerializer, operation
from interfaces.rest.posts_docs import BEFORE, PAGE, POST

CREDENTIALS = {"email": "anna@mublog.example", "password": "correct horse"}
LINK = {"uid": "Nw", "token": "cs2d1v-5b9c…"}
ME = {
    "id": 7,
    "name": "Member 7",
    "email": "anna@mublog.example",
    "date_joined": POST["created_at"],
}

SIGN_UP = operation(
    "Sign up",
    "Asks for an account. The link that activates it comes by mail. The answer is the same for "
    "each address, whether or not it has an account already.",
    {202: DetailSerializer},
    SENT,
    request=CredentialsSerializer,
    sent=CREDENTIALS,
    shown={"detail": SIGNED_UP},
)
ACTIVATE = operation(
    "Activate an account",
    "Takes the two parts of the mailed link, `…/activate/<uid>/<token>/`. A password is needed "
    "only after several sign-ups with the same address; otherwise that of the sign-up stays.",
    {204: None},
    SENT,
    request=ActivationSerializer,
    sent=LINK,
)
GET_CSRF_TOKEN = operation(
    "Get a CSRF token",
    "The token to send as `X-CSRFToken`, with the cookie that comes with it, to sign in and out "
    "by session, and to change anything while signed in. Signing in renews it.",
    {200: CsrfTokenSerializer},
    [],
    shown={"csrf_token": "W9hVbX0kq2…"},
)
SIGN_IN = operation(
    "Sign in",
    "Begins a session, which a cookie stands for. Needs the CSRF token. The error is one and the "
    "same for an unknown address, a wrong password, and an account that is not active.",
    {200: MeSerializer},
    [403, *SENT],
    request=CredentialsSerializer,
    sent=CREDENTIALS,
    shown=ME,
)
SIGN_OUT = operation(
    "Sign out",
    "Ends the session, if there is one. Needs the CSRF token.",
    {204: None},
    [403],
)
SHOW_ME = operation(
    "Show me",
    "Who is signed in. Nobody else is shown this.",
    {200: MeSerializer},
    [401],
    shown=ME,
)
LIST_MY_POSTS = operation(
    "List my posts",
    "The posts of whoever is signed in, newest first, twenty a page.",
    {200: PAGE},
    [400, 401],
    shown={"results": [POST], "next": None},
    parameters=[BEFORE],
)
REQUEST_PASSWORD_RESET = operation(
    "Request a password reset",
    "Has a link to a new password mailed to the owner of an account. The answer is the same for "
    "each address.",
    {202: DetailSerializer},
    SENT,
    request=EmailSerializer,
    sent={"email": CREDENTIALS["email"]},
    shown={"detail": RESET_REQUESTED},
)
RESET_PASSWORD = operation(
    "Reset a password",
    "Takes the two parts of the mailed link, `…/password-reset/<uid>/<token>/`, and the new "
    "password. Whoever was signed in with the old one is so no longer, and tokens are revoked.",
    {204: None},
    SENT,
    request=NewPasswordSerializer,
    sent=LINK | {"password": "battery staple"},
)
CREATE_TOKEN = operation(
    "Create a token",
    "Makes a token, to be sent as `Authorization: Token …`. Only a digest of it is stored: nobody "
    "can show it again.",
    {201: TokenSerializer},
    [401, *SENT],
    request=CredentialsSerializer,
    sent=CREDENTIALS,
    shown={"token": "Zm9vYmFy…", "expires_at": "2026-12-25T09:30:00Z"},
)
REVOKE_TOKEN = operation(
    "Revoke a token",
    "Makes the token useless that this very request is sent with.",
    {204: None},
    [401],
    auth=[{"tokenAuth": []}],
)
