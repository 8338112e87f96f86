"""The documentation of the account endpoints."""

from interfaces.rest.accounts import (
    RESET_REQUESTED,
    SIGNED_UP,
    ActivationSerializer,
    CredentialsSerializer,
    EmailSerializer,
    NewPasswordSerializer,
)
from interfaces.rest.docs import SENT, DetailSerializer, operation

CREDENTIALS = {"email": "anna@mublog.example", "password": "correct horse"}
LINK = {"uid": "Nw", "token": "cs2d1v-5b9c…"}

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
    "password. Whoever was signed in with the old one is so no longer.",
    {204: None},
    SENT,
    request=NewPasswordSerializer,
    sent=LINK | {"password": "battery staple"},
)
