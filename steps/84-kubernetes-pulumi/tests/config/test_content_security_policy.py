"""The Content-Security-Policy of each page, and that the page keeps to it."""

import re
from html.parser import HTMLParser

import pytest
from django.core.cache import cache
from django.db import OperationalError

from tests.factories import PostFactory
from tests.pictures import draw, upload

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
OURS = {
    "default-src": ["'none'"],
    "script-src": ["'nonce-…'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "object-src": ["'none'"],
    "frame-ancestors": ["'none'"],
}
ADMIN = OURS | {"script-src": ["'self'"]}
SWAGGER_UI = OURS | {"form-action": ["'none'"]}
GRAPHIQL = SWAGGER_UI | {"style-src": ["'self'", "'nonce-…'"], "font-src": ["data:"]}
PAGES = {
    "fbv/posts/": OURS,
    "cbv/posts/": OURS,
    "fbv/posts/{post}/": OURS,
    "fbv/posts/{post}/edit/": OURS,
    "cbv/posts/{post}/delete/": OURS,
    "fbv/posts/new/": OURS,
    "fbv/accounts/profile/": OURS,
    "cbv/accounts/password-reset/": OURS,
    "fbv/accounts/activate/MQ/token/": OURS,
    "api/docs/": SWAGGER_UI,
    "graphql/": GRAPHIQL,
    "nowhere/": OURS,
    "fbv/posts/?before=x": OURS,
    "admin/": ADMIN,
    "admin/blog/post/": ADMIN,
    "admin/blog/post/add/": ADMIN,
    "admin/blog/post/{post}/change/": ADMIN,
    "admin/blog/post/{post}/delete/": ADMIN,
    "admin/accounts/user/{user}/change/": ADMIN,
    "admin/accounts/user/{user}/password/": ADMIN,
}


class Inline(HTMLParser):
    """Collects what a page runs or applies without loading it from a file, and all its nonces."""

    def __init__(self, html):
        super().__init__()
        self.found, self.nonces, self.tag = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tag, values = tag, dict(attributes)
        if tag == "script":
            self.nonces.append(values.get("nonce"))
        if tag in ["base", "embed", "iframe", "object", "style"]:
            self.found.append(tag)
        self.found += [name for name in values if name == "style" or name.startswith("on")]
        self.found += [url for url in values.values() if re.match(r"\s*javascript:", url or "")]

    def handle_data(self, data):
        if self.tag == "script" and data.strip():
            self.found.append(data)

    def handle_endtag(self, tag):
        self.tag = ""


def assert_policy(response, expected):
    """Compare the directives of a response, with … for the nonce, and return its nonces, if any."""
    header = response.headers["Content-Security-Policy"]
    nonces = set(re.findall("'nonce-([^']+)'", header))
    header = re.sub("'nonce-[^']+'", "'nonce-…'", header)
    directives = [directive.split() for directive in header.split("; ")]
    policy = {name: values for name, *values in directives}
    for name in sorted(policy | expected):
        assert (name, policy.get(name)) == (name, expected.get(name))
    return nonces


@pytest.mark.parametrize(("url", "expected"), PAGES.items(), ids=PAGES)
def test_page_has_its_policy_and_keeps_to_it(admin_client, admin_user, url, expected):
    post = PostFactory(author=admin_user)
    url = url.format(post=post.pk, user=admin_user.pk)
    response = admin_client.get(f"/{url}", headers=BROWSER)
    nonces = assert_policy(response, expected) or {None}
    page = Inline(response.text)
    assert page.found == []
    assert len(page.nonces) > 0
    assert [nonce for nonce in page.nonces if nonce not in nonces] == []


def test_page_of_an_error_has_a_policy_too(client, monkeypatch, db):
    def fail(request):
        raise OperationalError

    client.raise_request_exception = False
    too_large = client.post("/fbv/posts/new/", {"text": "a" * 7_000_000})
    monkeypatch.setattr("interfaces.function_views.posts.get_before", fail)
    unavailable = client.get("/fbv/posts/")
    monkeypatch.setattr("config.views.redirect", lambda name: 1 / 0)
    failed = client.get("/")
    for response, status in [(too_large, 413), (unavailable, 503), (failed, 500)]:
        assert response.status_code == status
        assert set(Inline(response.text).nonces) == assert_policy(response, OURS)


def test_data_has_a_policy_too(client, db):
    for url in ["/api/fbv/posts/", "/api/schema/", "/api/nowhere/", "/"]:
        # No template has asked for a nonce, so nothing is a script.
        assert assert_policy(client.get(url), OURS | {"script-src": []}) == set()


def test_nonce_is_another_one_each_time_and_is_in_no_cache(client, db):
    client.post("/fbv/posts/new/", {"text": "A", "image": upload(draw())})
    pages = [client.get("/fbv/posts/") for _ in range(3)]
    nonces = [assert_policy(page, OURS).pop() for page in pages]
    assert len(set(nonces)) == 3
    assert all(len(nonce) == 24 for nonce in nonces)
    server = cache._cache.get_client()
    values = [server.get(key) for key in server.scan_iter(f"{cache.key_prefix}:*")]
    assert values and not any(nonce.encode() in value for nonce in nonces for value in values)
