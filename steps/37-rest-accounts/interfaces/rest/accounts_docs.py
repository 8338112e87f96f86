"""The documentation of the account endpoints."""

from interfaces.rest.accounts import (
    RESET_REQUESTED,
    SIGNED_UP,
    ActivationSerializer,
    CredentialsSerializer,
    EmailSerializer,
    NewPasswordSerializer,
)
from interfaces.rest.docs import BODY_ERRORS, DetailSerializer, operation

CREDENTIALS = {"email": "anna@mublog.example", "password": "correct horse"}
LINK = {"uid": "Nw", "token": "cs2d1v-5b9c…"}

SIGN_UP = operation(
    "Sign up",
    "Creates an account, and mails the link that activates it. The response is the same for "
    "every address, whether or not it already has an account.",
    {202: DetailSerializer},
    BODY_ERRORS,
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
REQUEST_PASSWORD_RESET = operation(
    "Request a password reset",
    "Mails the owner of an account a link to choose a new password. The response is the same for "
    "every address.",
    {202: DetailSerializer},
    BODY_ERRORS,
    request=EmailSerializer,
    request_example={"email": CREDENTIALS["email"]},
    response_example={"detail": RESET_REQUESTED},
)
RESET_PASSWORD = operation(
    "Reset a password",
    "Takes the two parts of the mailed link, `…/password-reset/<uid>/<token>/`, and the new "
    "password. All sessions of the account end.",
    {204: None},
    BODY_ERRORS,
    request=NewPasswordSerializer,
    request_example=LINK | {"password": "battery staple"},
)
