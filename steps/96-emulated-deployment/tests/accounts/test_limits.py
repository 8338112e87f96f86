"""The limiter: what is counted, for whom, and for how long."""

from functools import partial

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from accounts.limits import RateLimitExceeded, check_rate_limit, get_client_address
from accounts.models import User
from config.cache import RedisCache
from tests.threads import run_at_once

ANNA = "anna@mublog.example"
ATTEMPT = {"username": ANNA, "password": "wrong"}


@pytest.fixture
def clock(monkeypatch):
    """The time, in seconds: it stands still unless a test moves it."""

    class Clock:
        now = 1_000_000 * 600  # A window of ten minutes begins.

    monkeypatch.setattr("accounts.limits.time.time", lambda: Clock.now)
    return Clock


@pytest.fixture(autouse=True)
def limits(settings):
    settings.RATE_LIMITS = {"sign-in": {"client": (20, 600), "account": (5, 600)}}


def request(client="192.0.2.1", **headers):
    return RequestFactory().get("/", REMOTE_ADDR=client, headers=headers)


def attempts(times=100, client="192.0.2.1", account=ANNA):
    """Try as often as allowed, and return how often that was, and after how long it is again."""
    for number in range(times):
        try:
            check_rate_limit(request(client), "sign-in", account)
        except RateLimitExceeded as error:
            return number, error.retry_after
    return times, None


def test_client_may_do_as_much_as_the_limit_says_and_no_more(clock):
    assert attempts()[0] == 5
    assert attempts()[0] == 0


def test_time_that_a_client_is_told_is_right_to_the_second(clock):
    for _ in range(50):
        _, seconds = attempts()
        clock.now += seconds - 1
        assert attempts(1) == (0, 1)
        clock.now += 1
        assert attempts(1) == (1, None)


@pytest.mark.parametrize("seconds", [1, 150, 599, 600, 601])
def test_no_ten_minutes_allow_much_more_than_the_limit(clock, seconds):
    clock.now += 599
    assert attempts()[0] == 5
    clock.now += seconds
    assert attempts()[0] <= 5 * seconds / 600


def test_everything_is_forgotten_after_two_windows(clock):
    attempts()
    keys = cache._cache.get_client().keys(cache.make_key("limit:*"))
    assert len(keys) == 2
    assert all(0 < cache._cache.get_client().ttl(key) <= 1200 for key in keys)
    assert ANNA not in f"{keys}"
    clock.now += 1200
    assert attempts()[0] == 5


@pytest.mark.django_db(transaction=True)
def test_threads_that_try_at_once_are_not_allowed_more():
    results = run_at_once(*[partial(check_rate_limit, request(), "sign-in", ANNA)] * 16)
    assert sorted(type(result).__name__ for result in results) == (
        ["NoneType"] * 5 + ["RateLimitExceeded"] * 11
    )


def test_stranger_locks_nobody_else_out(clock):
    assert attempts(client="198.51.100.1")[0] == 5
    assert attempts(client="192.0.2.1")[0] == 5


def test_client_that_tries_many_accounts_is_limited_altogether(clock):
    assert [attempts(1)[0] for _ in range(25)].count(1) == 5  # What is refused does not count.
    accounts = [f"user{number}@mublog.example" for number in range(50)]
    assert sum(attempts(1, account=account)[0] for account in accounts) == 15


def test_one_account_has_one_limit_however_it_is_written(clock):
    assert attempts(3)[0] == 3
    assert attempts(account=" ANNA@mublog.example")[0] == 2


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "203.0.113.9", "192.0.2.1"),  # Forged: nobody is trusted.
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "203.0.113.9", "192.0.2.1"),  # It did not come through both.
        (1, "", "192.0.2.1"),
        (1, "unknown", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::/64"),
        (1, "2001:db8::ffff", "2001:db8::/64"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_client_is_who_the_last_trusted_proxy_saw(settings, proxies, forwarded, client):
    settings.TRUSTED_PROXIES = proxies
    assert get_client_address(request(**{"X-Forwarded-For": forwarded})) == client


def test_client_with_forged_headers_is_one_client(client, db):
    statuses = [
        client.post("/fbv/accounts/sign-in/", ATTEMPT, headers={"X-Forwarded-For": f"192.0.2.{n}"})
        for n in range(7)
    ]
    assert [response.status_code for response in statuses] == [400] * 5 + [429] * 2


def test_everything_is_allowed_without_the_cache(clock, set_cache_url, caplog, monkeypatch):
    set_cache_url("redis://127.0.0.1:1")
    assert attempts(30) == (30, None)
    assert "The cache is unavailable" in caplog.text
    # It goes away after the first answer: Anna's sixth attempt is counted, and not taken back.
    answers = {1: 6, -1: 0}
    monkeypatch.setattr(RedisCache, "increment", lambda *_, delta=1, timeout: answers[delta])
    assert attempts(1) == (1, None)


@pytest.mark.parametrize(
    "page", ["/fbv/accounts/sign-in/", "/cbv/accounts/sign-in/", "/admin/login/"]
)
def test_sixth_password_is_not_even_looked_at(client, db, page, django_assert_num_queries):
    User.objects.create_user(ANNA, "correct horse", is_staff=True)
    for _ in range(5):
        assert client.post(page, ATTEMPT).status_code in (200, 400)
    with django_assert_num_queries(0):
        response = client.post(page, ATTEMPT | {"password": "correct horse"})
    assert (response.status_code, "Too many attempts" in response.text) == (429, True)
    assert 0 < int(response.headers["Retry-After"]) <= 1200


@pytest.mark.parametrize("path", ["fbv/token/", "cbv/token/"])
def test_program_is_limited_in_json(client, db, path):
    credentials = {"email": ANNA, "password": "wrong"}
    for _ in range(6):
        response = client.post(f"/api/{path}", credentials, "application/json")
    assert response.status_code == 429 and int(response.headers["Retry-After"]) > 0
    assert response.json() == {"detail": "Too many attempts. Try again later."}
