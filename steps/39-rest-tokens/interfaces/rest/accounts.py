"""Accounts as JSON, for every REST interface.

What is sent is checked for its form alone: what it is good for, the services decide.
"""

from rest_framework import serializers

from accounts.models import User
from interfaces.rest.fields import StringField

# The same whether or not there is an account.
SIGNED_UP = "A mail is on its way to this address."
RESET_REQUESTED = "If this address has an account, a mail is on its way to it."


class PasswordField(StringField):
    """Takes a password as it is, with the blanks around it, and is never part of an answer."""

    def __init__(self, **options: object) -> None:
        super().__init__(write_only=True, trim_whitespace=False, **options)


class EmailSerializer(serializers.Serializer):
    email = serializers.EmailField(write_only=True)


class CredentialsSerializer(EmailSerializer):
    password = PasswordField()


class LinkSerializer(serializers.Serializer):
    """The two parts of the link in a mail."""

    uid = StringField(write_only=True)
    token = StringField(write_only=True)


class ActivationSerializer(LinkSerializer):
    # Needed after several sign-ups with the same address: nobody knows whose password it would be.
    password = PasswordField(required=False)


class NewPasswordSerializer(LinkSerializer):
    password = PasswordField()


class MeSerializer(serializers.ModelSerializer):
    """All that users learn of themselves; their address is shown to nobody else."""

    class Meta:
        model = User
        fields = ["id", "name", "email", "date_joined"]


class CsrfTokenSerializer(serializers.Serializer):
    csrf_token = serializers.CharField(read_only=True)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(read_only=True, help_text="Shown this once, and never again.")
    expires_at = serializers.DateTimeField(read_only=True)
