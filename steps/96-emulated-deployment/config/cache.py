"""The cache in Redis, without which the site is slower but works."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis import exceptions

T = TypeVar("T")

logger = logging.getLogger(__name__)

# In seconds: for how long Redis is left alone after a failure, as by a circuit breaker.
RETRY_DELAY = 1
# In seconds: how long a session stays in the cache.
SESSION_TIMEOUT = 300


class RedisCache(redis.RedisCache):
    """Django's ``RedisCache``, which acts like an empty cache while Redis is unavailable.

    Only methods with a harmless fallback are overridden: ``incr``, for example, still raises.
    """

    # Each thread has a cache object of its own.
    paused_until = 0.0

    def call_or_fallback(self, method: Callable[..., T], *arguments: Any, fallback: T) -> T:
        """Call a method of Django's class. If Redis cannot be used, return the fallback."""
        if time.monotonic() < self.paused_until:
            return fallback
        try:
            return method(*arguments)
        except exceptions.RedisError as error:
            logger.warning("The cache is unavailable: %s", error)
            # Not if it responds with an error: a server that is full can still be read.
            if isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError)):
                self.paused_until = time.monotonic() + RETRY_DELAY
            return fallback

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.call_or_fallback(super().get, key, default, version, fallback=default)

    def get_many(self, keys: list[str], version: int | None = None) -> dict[str, Any]:
        return self.call_or_fallback(super().get_many, keys, version, fallback={})

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self.call_or_fallback(super().set, key, value, timeout, version, fallback=None)

    def increment(self, key: str, *, delta: int = 1, timeout: int) -> int:
        """Add to a counter, and return its value; 0 while Redis does not respond.

        Unlike Django's ``incr``, in one transaction: a key cannot expire in between, nor be created
        without a timeout.
        """
        return self.call_or_fallback(self._increment, key, delta, timeout, fallback=0)

    def _increment(self, key: str, delta: int, timeout: int) -> int:
        key = self.make_and_validate_key(key)
        with self._cache.get_client(key, write=True).pipeline() as pipeline:
            value, _ = pipeline.incrby(key, delta).expire(key, timeout).execute()
        return value

    def delete(self, key: str, version: int | None = None) -> bool:
        return self.call_or_fallback(super().delete, key, version, fallback=False)

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self.call_or_fallback(super().has_key, key, version, fallback=False)


class SessionCache(RedisCache):
    """The cache of the sessions, which keeps each of them for a few minutes.

    Django would keep them as long as their cookies, for two weeks. A session that ended while Redis
    was away would still be in the cache afterwards, and its cookie would sign in.
    """

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int:
        seconds = super().get_backend_timeout(timeout)
        return SESSION_TIMEOUT if seconds is None else min(seconds, SESSION_TIMEOUT)
