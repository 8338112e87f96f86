"""Errors of services that go away when the request is sent again."""

from django.db import InterfaceError, OperationalError

from blog.exceptions import StorageUnavailable

# The database is away, closed the connection, or was locked for too long.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
# The same for the database, or for the storage of the images.
SERVICE_UNAVAILABLE = (*DATABASE_UNAVAILABLE, StorageUnavailable)
