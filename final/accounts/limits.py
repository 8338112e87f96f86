"""How often a client may do something: a limiter that all interfaces share.

In any time of this length, a client may do something so many times. What it did in the last window
counts in part: after a quarter of this window, three quarters of the last one. With windows alone,
a client could do twice as much around the moment in which one ends.
"""

import time
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
    """Count an action of the client that sent a request: altogether, and for one account.

    The account is an e-mail address. It is limited for each client apart, so that no stranger can
    lock its owner out. Without one, a signed-in user is a client, wherever the request comes from.
    Raises ``RateLimitExceeded`` for an action that was not allowed, which does not count. While the
    cache is away, everything is allowed.
    """
    # With accounts of their own, somebody could try more passwords of others: not by user then.
    is_user = not account and request.user.is_authenticated
    client = f"user-{request.user.pk}" if is_user else get_client(request)
    key, limits = f"{action}:{client}", settings.RATE_LIMITS[action]
    count(key, *limits["client"])
    if account:
        # No address is stored in the cache.
        digest = sha256(normalize_email(account).encode(errors="replace")).hexdigest()
        count(f"{key}:{digest}", *limits["account"])


def get_client(request: HttpRequest) -> str:
    """Return the network address of the client: one of IPv4, or a network of IPv6.

    Each trusted proxy has appended the address of its own client to ``X-Forwarded-For``. What comes
    before that, the client itself has sent, and may be forged.
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


def count(key: str, limit: int, seconds: int) -> None:
    """Count one action. Raise ``RateLimitExceeded`` if it is one too many."""
    window, elapsed = divmod(time.time(), seconds)
    current, last = (f"limit:{key}:{number:.0f}" for number in (window, window - 1))
    # The next window needs this one, too.
    used = cache.count(current, timeout=2 * seconds)
    before = cache.get(last, 0)
    if used + before * (1 - elapsed / seconds) <= limit:
        return
    used = cache.count(current, by=-1, timeout=2 * seconds)
    if used < limit:  # When enough of the last window is over.
        wait = (1 - (limit - 1 - used) / before) * seconds - elapsed
    else:  # When enough of this one is over, after its end.
        wait = seconds - elapsed + (1 - (limit - 1) / used) * seconds
    raise RateLimitExceeded(max(1, ceil(wait)))
