"""The cache in Redis, without which the site is slower but works."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


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
