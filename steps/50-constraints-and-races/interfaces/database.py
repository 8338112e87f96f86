"""Errors of the database that a client can wait out."""

from django.db import InterfaceError, OperationalError

# The database is away, closed the connection, or was locked for too long.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
