"""Create a user who can sign in at once: ``python manage.py create_user anna@example.com``."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.services import create_user


class Command(BaseCommand):
    help = "Create an active user without special permissions. Asks for the password, or reads it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *, email: str, **options: Any) -> None:
        # Never an argument: other users of the machine see the arguments of every process.
        password = getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        try:
            user = create_user(email=email, password=password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Created {user.name}.")
