"""The one charset of this site is UTF-8: a request that declares another is refused unread.

Django would decode by any codec that Python has, when it creates the request and so before any
middleware. Some of them fail there, and one takes a second for every 100 kB.
"""

import re

UTF_8 = re.compile(r';\s*charset\s*=\s*("utf-?8"|utf-?8)\s*(?=;|$)', re.IGNORECASE)
UNSUPPORTED = "unsupported/charset"  # No real media type: it marks a refused request.


def mark_content_type(value: str) -> str:
    """Return the value of a Content-Type header, or ``UNSUPPORTED`` for another charset.

    By RFC 2231, a parameter whose name ends with ``*`` may declare a charset of its own.
    """
    rest = UTF_8.sub("", value).lower()
    return UNSUPPORTED if "charset" in rest or "*" in rest else value
