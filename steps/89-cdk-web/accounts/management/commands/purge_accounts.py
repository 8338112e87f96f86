"""Delete the accounts that nobody activated: ``python manage.py purge_accounts --dry-run``."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.services import purge_accounts


class Command(BaseCommand):
    help = f"Delete the accounts not activated within {settings.ACTIVATION_PERIOD.days} days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        count = purge_accounts(dry_run=dry_run)
        self.stdout.write(f"{'Would delete' if dry_run else 'Deleted'} {count} account(s).")
