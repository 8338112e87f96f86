"""Request bodies, however odd: every error is JSON."""

import pytest

from blog.models import Post

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"'text'",
        b"",
        b"null",
        b"5",
        b'"text"',
        b"[]",
        b'[{"text": "A"}]',
        b"NaN",
        b'{"text": NaN}',
        b'{"text": "\xff"}',
        b'{"text": %b}' % (b"9" * 5000),
        b"[" * 100_000,
        b'{"text":' * 30_000,
        b"\xef\xbb\xbf{}",
    ],
    ids=range(15),
)
def test_odd_json_is_a_bad_request(client, api, body):
    response = client.post(f"{api}posts/", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json().keys() <= {"text", "detail"}
    assert not isinstance(response.json().get("detail"), list)


@pytest.mark.parametrize("charset", ["zlib", "utf-16", "x"])
def test_parser_itself_rejects_json_in_an_odd_charset(client, api, charset):
    content_type = f"application/json; charset={charset}"
    response = client.post(f"{api}posts/", b'{"text": "A"} \xff', content_type=content_type)
    assert (response.status_code, response.json().keys()) == (400, {"detail"})
    assert not Post.objects.exists()


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "application/xml", "x", "/"]
)
def test_body_of_another_type_is_refused_as_such(client, api, content_type):
    response = client.post(f"{api}posts/", b"text=A", content_type=content_type)
    assert (response.status_code, response.json().keys()) == (415, {"detail"})
