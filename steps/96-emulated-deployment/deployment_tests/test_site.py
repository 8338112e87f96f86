"""A deployed site, used as visitors use it. `SITE_URL` says where it is.

What the tests publish stays there: never run them against a site that others use.
"""

import base64
import json
import os
import time
import urllib.parse
import urllib.request
import uuid

import pytest

SITE = os.environ["SITE_URL"].rstrip("/")
# Where a mail catcher shows what the site has sent.
CATCHER = os.environ.get("MAILHOG_URL")
# How long a mail may take, in seconds: it waits until a worker is free.
PATIENCE = 60
FORM = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n%b\r\n--x\r\n'
FORM += b'Content-Disposition: form-data; name="image"; filename="a.gif"\r\n\r\n%b\r\n--x--\r\n'
GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=")


def send(path, body=None, content_type="application/json"):
    """Send a request, and return the body of the response. Any error is a failure of the test."""
    url = urllib.parse.urljoin(f"{SITE}/", path)
    request = urllib.request.Request(url, body, {"Content-Type": content_type})
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read()


def test_post_with_an_image_is_published():
    text = f"Is this site alive? {uuid.uuid4()}"
    form = FORM % (text.encode(), GIF)
    post = json.loads(send("/api/fbv/posts/", form, "multipart/form-data; boundary=x"))
    assert text.encode() in send("/fbv/posts/")
    # It is stored as WebP, whatever was sent. Its URL may be that of the bucket.
    assert send(post["image"])[8:12] == b"WEBP"


@pytest.mark.skipif(not CATCHER, reason="MAILHOG_URL does not say where mails are caught")
def test_mail_of_a_sign_up_is_sent_by_a_worker():
    address = f"{uuid.uuid4()}@mublog.example"
    account = {"email": address, "password": "correct horse battery"}
    send("/api/fbv/accounts/", json.dumps(account).encode())
    search = f"{CATCHER}/api/v2/search?kind=to&query={address}"
    deadline = time.monotonic() + PATIENCE
    while json.loads(send(search))["total"] != 1:
        assert time.monotonic() < deadline, "No mail has arrived."
        time.sleep(0.5)
