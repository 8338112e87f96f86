"""Serializers of accounts, shared by the REST interfaces.

They check the format only: the services decide what is valid.
"""

from rest_framework import serializers

from accounts.models import User
from interfaces.rest.fields import StringField

# The same whether or not the address has an account.
SIGNED_UP = "An e-mail is on its way to this address."
RESET_REQUESTED = "If this address has an active account, an e-mail is on its way to it."


class PasswordField(StringField):
    """A password: its spaces are kept, and it is never part of a response."""

    def __init__(self, **options: object) -> None:
        super().__init__(write_only=True, trim_whitespace=False, **options)


class EmailSerializer(serializers.Serializer):
    email = serializers.EmailField(write_only=True)


class CredentialsSerializer(EmailSerializer):
    password = PasswordField()


class LinkSerializer(serializers.Serializer):
    """The two parts of a mailed link."""

    uid = StringField(write_only=True)
    token = StringField(write_only=True)


class ActivationSerializer(LinkSerializer):
    # Required after several sign-ups with one address: nobody knows whose password to keep.
    password = PasswordField(required=False)


class NewPasswordSerializer(LinkSerializer):
    password = PasswordField()


class MeSerializer(serializers.ModelSerializer):
    """Everything that users see of themselves; nobody else sees their address."""

    class Meta:
        model = User
        fields = ["id", "name", "email", "date_joined"]


class CsrfTokenSerializer(serializers.Serializer):
    csrf_token = serializers.CharField(read_only=True)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(read_only=True, help_text="Shown only once.")
    expires_at = serializers.DateTimeField(read_only=True)
