"""The cache in Redis, without which the site is slower but works."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# In seconds: how long a session stays in the cache.
SESSION_TIMEOUT = 300


@contextmanager
def suppress_redis_errors() -> Iterator[None]:
    """Log that Redis cannot be used, and go on: a cache only makes things faster."""
    try:
        yield
    except RedisError as error:
        logger.warning("The cache is unavailable: %s", error)


class RedisCache(redis.RedisCache):
    """Django's ``RedisCache``, which is empty while Redis does not respond.

    Only for the methods that have a harmless result then: ``incr``, for example, has none.
    """

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        with suppress_redis_errors():
            return super().get(key, default, version)
        return default

    def get_many(self, keys: list[str], version: int | None = None) -> dict[str, Any]:
        with suppress_redis_errors():
            return super().get_many(keys, version)
        return {}

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        with suppress_redis_errors():
            super().set(key, value, timeout, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        with suppress_redis_errors():
            return super().delete(key, version)
        return False

    def has_key(self, key: str, version: int | None = None) -> bool:
        with suppress_redis_errors():
            return super().has_key(key, version)
        return False


class SessionCache(RedisCache):
    """The cache of the sessions, which keeps each of them for a few minutes.

    Django would keep them as long as their cookies, for two weeks. A session that ended while Redis
    was away would still be in the cache afterwards, and its cookie would sign in.
    """

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int:
        seconds = super().get_backend_timeout(timeout)
        return SESSION_TIMEOUT if seconds is None else min(seconds, SESSION_TIMEOUT)
