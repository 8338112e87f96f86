"""Static files as in production, after ``collectstatic``, and as in development."""

import gzip
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings

PAGES = ["/fbv/posts/", "/admin/login/", "/api/docs/", "/graphql/"]


@pytest.fixture(scope="session")
def production(tmp_path_factory):
    """The settings of production, with the files collected in a temporary folder: once, for all."""
    storage = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    production = {
        "STATIC_ROOT": tmp_path_factory.mktemp("static"),
        "STORAGES": {**settings.STORAGES, "staticfiles": storage},
        "WHITENOISE_AUTOREFRESH": False,
    }
    with override_settings(**production):
        call_command("collectstatic", interactive=False, verbosity=0)
    return production


@pytest.fixture
def collected(production):
    """The folder of the collected files, which are served during the test."""
    with override_settings(**production):
        yield production["STATIC_ROOT"]


@pytest.fixture
def stylesheet(collected):
    """The URL of a file with a hash in its name."""
    (path,) = collected.glob("mublog.*.css")
    return f"/static/{path.name}"


@pytest.mark.parametrize("page", PAGES)
def test_page_names_files_by_their_content_and_each_exists(collected, client, db, page):
    text = client.get(page, headers={"accept": "text/html"}).text
    links = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', text)
    assert len(links) >= 4
    for link in links:
        assert re.fullmatch(r"/static/.+\.[0-9a-f]{12}\.(css|js|svg)", link)
        assert client.get(link).status_code == 200


def test_file_named_by_its_content_may_be_kept_for_ever(client, stylesheet):
    response = client.get(stylesheet)  # pytest-django makes any query of this test fail.
    assert response.getvalue().decode() == open(finders.find("mublog.css")).read()
    assert response.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert response.headers["Content-Type"] == 'text/css; charset="utf-8"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


def test_file_under_its_own_name_is_kept_for_a_minute(client, collected):
    response = client.get("/static/mublog.css")
    assert response.headers["Cache-Control"] == "max-age=60, public"


def test_file_is_compressed_for_a_client_that_accepts_it(client, collected):
    path = "/static/vendor/bootstrap.min.css"
    plain = client.get(path)
    packed = client.get(path, headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    content, smaller = plain.getvalue(), packed.getvalue()
    assert gzip.decompress(smaller) == content
    assert len(smaller) < len(content) / 5


def test_file_is_found_where_it_is_in_development(client, settings):
    settings.DEBUG = True
    response = client.get("/static/mublog.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "max-age=0, public"
