"""What signing up does to accounts, and what it does not reveal."""

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import services

pytestmark = pytest.mark.django_db

User = get_user_model()
ANNA = "anna@mublog.example"
# The possible states of an address: the fields of its account, or no account.
KNOWN = {
    "unknown": None,
    "waiting": {"is_active": False, "awaits_activation": True},
    "active": {},
    "locked": {"is_active": False},
}


@pytest.fixture
def sign_up(run_on_commit):
    """Signs up, and sends the mail."""

    def sign_up(email=ANNA, password="correct horse"):
        with run_on_commit():
            services.sign_up(email=email, password=password)

    return sign_up


@pytest.fixture(params=KNOWN.values(), ids=KNOWN)
def known(request):
    """The account with Anna's address."""
    if request.param is not None:
        return User.objects.create_user(ANNA, "battery staple", **request.param)


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that are hashed."""
    hashed, encode = [], MD5PasswordHasher.encode

    def spy(self, password, salt):
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", spy)
    return hashed


def usable(*passwords):
    """Return those of the passwords that sign Anna in once her account is active."""
    User.objects.update(is_active=True, awaits_activation=False)
    return [password for password in passwords if authenticate(username=ANNA, password=password)]


def test_account_has_its_password_and_nobody_signs_in_before_it_is_activated(sign_up, mailoutbox):
    sign_up("Anna@MUBLOG.example")
    user = User.objects.get()
    assert (user.email, user.is_active, user.awaits_activation) == (ANNA, False, True)
    assert authenticate(username=ANNA, password="correct horse") is None
    assert usable("correct horse") == ["correct horse"]
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [([ANNA], "Activate your account")]


@pytest.mark.parametrize("again", [ANNA, "ANNA@mublog.example"])
def test_second_sign_up_invalidates_both_passwords(sign_up, mailoutbox, again):
    for email, password in [(ANNA, "first horse"), (again, "second horse"), (ANNA, "third horse")]:
        before = [user.password for user in User.objects.all()]
        sign_up(email, password)
        assert User.objects.get().password not in before
    assert usable("first horse", "second horse", "third horse") == []
    assert [mail.subject for mail in mailoutbox] == ["Activate your account"] * 3


@pytest.mark.parametrize("state", ["active", "locked"])
def test_sign_up_for_an_existing_account_only_mails_its_owner(sign_up, mailoutbox, state):
    User.objects.create_user(ANNA, "battery staple", **KNOWN[state])
    before = User.objects.values().get()
    sign_up()
    assert User.objects.values().get() == before
    assert [mail.subject for mail in mailoutbox] == ["You already have an account"]


def test_sign_up_does_the_same_work_for_every_address(
    known, hashed, run_tasks, mailoutbox, django_capture_on_commit_callbacks
):
    hashed.clear()
    with (
        CaptureQueriesContext(connection) as queries,
        django_capture_on_commit_callbacks(execute=True),
    ):
        services.sign_up(email=ANNA, password="correct horse")
    statements = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert statements == ["INSERT", "UPDATE"]
    assert (hashed, mailoutbox) == (["correct horse"], [])
    assert run_tasks() == [("accounts.tasks.send_sign_up_mail", User.objects.get().pk)]
    assert [mail.to for mail in mailoutbox] == [[ANNA]]


def test_two_sign_ups_at_the_same_moment_make_one_account(sign_up, monkeypatch):
    make_password = services.make_password

    def overtaken(password):
        """Let another sign-up happen while the password is hashed, which takes time."""
        monkeypatch.undo()
        sign_up(ANNA, "second horse")
        return make_password(password)

    monkeypatch.setattr(services, "make_password", overtaken)
    sign_up(ANNA, "first horse")
    assert User.objects.get().email == ANNA
    assert usable("first horse", "second horse") == []


@pytest.mark.parametrize(
    ("email", "password", "fields"),
    [
        ("anna", "correct horse", {"email"}),
        ("", "", {"email", "password"}),
        ("a\0@b.example", "correct horse", {"email"}),
        ("a@\ud800.example", "correct horse", {"email"}),
        ("änna@mublog.example", "correct horse", {"email"}),
        ('"a\x01b"@mublog.example', "correct horse", {"email"}),
        ("a@mublog.example\r\nBcc: b@mublog.example", "correct horse", {"email"}),
        (f"{'a' * 250}@b.example", "correct horse", {"email"}),
        ("a" * 100_000, "correct horse", {"email"}),
        (ANNA, "correct horse" * 10_000, {"password"}),
        (ANNA, "password", {"password"}),
        (ANNA, "anna@mublog", {"password"}),
        (ANNA, "correct \ud800 horse", {"password"}),
    ],
)
def test_wrong_address_and_weak_password_are_errors_of_their_field(
    sign_up, mailoutbox, email, password, fields
):
    with pytest.raises(ValidationError) as error:
        sign_up(email, password)
    assert error.value.message_dict.keys() == fields
    assert (User.objects.count(), mailoutbox) == (0, [])


@pytest.mark.parametrize(
    ("email", "password"), [("a" * 100_000, "correct horse"), (ANNA, "correct horse" * 10_000)]
)
def test_overlong_input_is_neither_compared_nor_normalized(
    sign_up, hashed, monkeypatch, email, password
):
    compared = []
    monkeypatch.setattr(services, "validate_password", lambda _, user: compared.append(user))
    monkeypatch.setattr(User, "normalize_username", staticmethod(compared.append))
    with pytest.raises(ValidationError):
        sign_up(email, password)
    assert not any(compared) and not hashed
