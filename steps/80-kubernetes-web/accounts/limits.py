"""Rate limits that all interfaces share, by a *sliding window counter*.

A limit allows a number of actions in a period, such as 10 in 600 seconds. Actions of the previous
window count in part: after a quarter of the current window, three quarters of them. With fixed
windows alone, a client could do twice as much around the moment in which one ends.
"""

import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from ipaddress import ip_address, ip_network
from math import ceil

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from accounts.fields import normalize_email


class RateLimitExceeded(Exception):
    """A client has done something too often; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Try again in {retry_after} seconds.")
        self.retry_after = retry_after


def check_rate_limit(request: HttpRequest, action: str, account: str = "") -> None:
    """Count an action of the client that sent a request: in total, and for one account.

    The account is an e-mail address. Each client has its own limit for it, so that no stranger can
    lock its owner out. Without an account, a signed-in user is the client, at any network address.
    Raises ``RateLimitExceeded`` for an action that is not allowed, which does not count. While the
    cache is away, everything is allowed.
    """
    # With an account, never by user: each further login would allow one more series of guesses.
    is_user = not account and request.user.is_authenticated
    client = f"user-{request.user.pk}" if is_user else get_client_address(request)
    key, limits = f"{action}:{client}", settings.RATE_LIMITS[action]
    take_back = count_action(key, *limits["client"])
    if account:
        # No address is stored in the cache.
        digest = sha256(normalize_email(account).encode(errors="replace")).hexdigest()
        try:
            count_action(f"{key}:{digest}", *limits["account"])
        except RateLimitExceeded:
            take_back()
            raise


def get_client_address(request: HttpRequest) -> str:
    """Return the network address of the client: an IPv4 address, or an IPv6 network.

    Each trusted proxy has appended the address of its own client to ``X-Forwarded-For``. Anything
    before that was sent by the client itself, and may be forged.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    addresses = [*forwarded, request.META.get("REMOTE_ADDR", "")]
    try:
        address = ip_address(addresses[-1 - settings.TRUSTED_PROXIES].strip())
    except (IndexError, ValueError):  # The request did not come through all proxies.
        return addresses[-1]
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 4:
        return str(address)
    # A connection at home has 2 ** 64 addresses at least.
    return str(ip_network((address, 64), strict=False))


def count_action(key: str, limit: int, seconds: int) -> Callable[[], int]:
    """Count one action, and return what takes it back. Raise an error if it is one too many."""
    window, elapsed = divmod(time.time(), seconds)
    current, last = (f"limit:{key}:{number:.0f}" for number in (window, window - 1))
    # A method of ``config.cache.RedisCache``. The next window needs the value of this one, too.
    increment = partial(cache.increment, current, timeout=2 * seconds)
    take_back = partial(increment, delta=-1)
    used, before = increment(), cache.get(last, 0)
    if used + before * (1 - elapsed / seconds) <= limit:
        return take_back
    used = take_back()
    if used >= limit:  # Allowed again in the next window, once enough of this one has slid out.
        wait = seconds - elapsed + (1 - (limit - 1) / used) * seconds
    elif before:  # Allowed again in this window, once enough of the last one has slid out.
        wait = (1 - (limit - 1 - used) / before) * seconds - elapsed
    else:  # The cache went away meanwhile.
        return take_back
    raise RateLimitExceeded(max(1, ceil(wait)))
