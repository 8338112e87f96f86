"""Database errors that go away when the request is sent again."""

from django.db import OperationalError


def is_database_locked(error: Exception) -> bool:
    """Return whether an error means that another transaction locked the database for too long."""
    return isinstance(error, OperationalError) and "locked" in str(error)
