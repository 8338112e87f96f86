"""Database errors that go away when the request is sent again."""

from django.db import InterfaceError, OperationalError

# The database is away, closed the connection, or was locked for too long.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
