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
from interfaces.rest.docs import BODY_ERRORS, DetailSerializer, operation
from interfaces.rest.posts_docs import BEFORE, PAGE, POST

CREDENTIALS = {"email": "anna@mublog.example", "password": "correct horse"}
LINK = {"uid": "Nw", "token": "cs2d1v-5b9c…"}
ME = POST["author"] | {"email": "anna@mublog.example", "date_joined": POST["created_at"]}

SIGN_UP = operation(
    "Sign up",
    "Creates an account, and mails the link that activates it. The response is the same for "
    "every address, whether or not it already has an account.",
    {202: DetailSerializer},
    [429, *BODY_ERRORS],
    request=CredentialsSerializer,
    request_example=CREDENTIALS,
    response_example={"detail": SIGNED_UP},
)
ACTIVATE = operation(
    "Activate an account",
    "Takes the two parts of the mailed link, `…/activate/<uid>/<token>/`. A password is needed "
    "only after several sign-ups with the same address; otherwise that of the sign-up is used.",
    {204: None},
    BODY_ERRORS,
    request=ActivationSerializer,
    request_example=LINK,
)
GET_CSRF_TOKEN = operation(
    "Get a CSRF token",
    "The token to send as `X-CSRFToken`, with the cookie that comes with it, to sign in and out "
    "by session, and to change anything while signed in. Signing in renews it.",
    {200: CsrfTokenSerializer},
    [],
    response_example={"csrf_token": "W9hVbX0kq2…"},
)
SIGN_IN = operation(
    "Sign in",
    "Starts a session, stored in a cookie. Needs the CSRF token. The error is the "
    "same for an unknown address, a wrong password, and an account that is not active.",
    {200: MeSerializer},
    [403, 429, *BODY_ERRORS],
    request=CredentialsSerializer,
    request_example=CREDENTIALS,
    response_example=ME,
)
SIGN_OUT = operation(
    "Sign out",
    "Ends the session, if there is one. Needs the CSRF token.",
    {204: None},
    [403],
)
SHOW_ME = operation(
    "Show my profile",
    "The signed-in user. Nobody else can see this.",
    {200: MeSerializer},
    [401],
    response_example=ME,
)
LIST_MY_POSTS = operation(
    "List my posts",
    "Your own posts, newest first, twenty a page.",
    {200: PAGE},
    [400, 401],
    response_example={"results": [POST], "next": None},
    parameters=[BEFORE],
)
REQUEST_PASSWORD_RESET = operation(
    "Request a password reset",
    "Mails the owner of an account a link to choose a new password. The response is the same for "
    "every address.",
    {202: DetailSerializer},
    [429, *BODY_ERRORS],
    request=EmailSerializer,
    request_example={"email": CREDENTIALS["email"]},
    response_example={"detail": RESET_REQUESTED},
)
RESET_PASSWORD = operation(
    "Reset a password",
    "Takes the two parts of the mailed link, `…/password-reset/<uid>/<token>/`, and the new "
    "password. All sessions of the account end, and its tokens are revoked.",
    {204: None},
    BODY_ERRORS,
    request=NewPasswordSerializer,
    request_example=LINK | {"password": "battery staple"},
)
CREATE_TOKEN = operation(
    "Create a token",
    "Creates a token, to be sent as `Authorization: Token …`. Only its digest is stored: it cannot "
    "be shown again.",
    {201: TokenSerializer},
    [401, 429, *BODY_ERRORS],
    request=CredentialsSerializer,
    request_example=CREDENTIALS,
    response_example={"token": "Zm9vYmFy…", "expires_at": "2026-12-25T09:30:00Z"},
)
REVOKE_TOKEN = operation(
    "Revoke a token",
    "Revokes the token that this request is sent with.",
    {204: None},
    [401],
    auth=[{"tokenAuth": []}],
)
