"""Sessions in the cache, and what happens to them when it is emptied, or away."""

import pytest
from django.contrib.auth import get_user
from django.core.cache import caches

from accounts.models import User
from config.cache import SESSION_TIMEOUT

pytestmark = pytest.mark.django_db

PROFILE = "/fbv/accounts/profile/"
ANNA = {"username": "anna@mublog.example", "password": "correct horse"}


@pytest.fixture
def anna():
    return User.objects.create_user(ANNA["username"], ANNA["password"])


@pytest.fixture
def signed_in(client, anna):
    client.force_login(anna)
    return client


@pytest.fixture
def set_caches(settings):
    """Changes options of both caches."""

    def change(**options):
        settings.CACHES = {alias: {**cache, **options} for alias, cache in settings.CACHES.items()}

    return change


def test_session_is_read_without_a_query(signed_in, django_assert_num_queries):
    with django_assert_num_queries(2):  # The user, and the posts.
        assert signed_in.get(PROFILE).status_code == 200


def test_emptied_cache_signs_nobody_out(signed_in, set_caches, django_assert_num_queries):
    set_caches(KEY_PREFIX="emptied")
    with django_assert_num_queries(3):  # The session, too.
        assert signed_in.get(PROFILE).status_code == 200
    with django_assert_num_queries(2):
        assert signed_in.get(PROFILE).status_code == 200


def test_user_signs_in_and_out_without_the_cache(client, anna, set_caches):
    set_caches(LOCATION=["redis://127.0.0.1:1"])
    assert client.post("/fbv/accounts/sign-in/", ANNA).status_code == 303
    assert get_user(client) == anna
    assert client.get(PROFILE).status_code == 200
    assert client.post("/fbv/accounts/sign-out/").status_code == 303
    assert not get_user(client).is_authenticated


def test_signed_out_session_is_in_neither_store(signed_in):
    key = signed_in.session.session_key
    assert signed_in.session.exists(key)
    signed_in.post("/fbv/accounts/sign-out/")
    assert not signed_in.session.exists(key)


def test_session_is_in_the_cache_for_a_few_minutes(signed_in):
    cache = caches["sessions"]
    key = cache.make_key(signed_in.session.cache_key)
    assert 0 < cache._cache.get_client().ttl(key) <= SESSION_TIMEOUT


@pytest.mark.parametrize(("timeout", "expected"), [(60, 60), (1209600, 300), (None, 300)])
def test_session_that_ends_while_the_cache_is_away_outlives_that_by_minutes(timeout, expected):
    assert SESSION_TIMEOUT == 300
    assert caches["sessions"].get_backend_timeout(timeout) == expected
