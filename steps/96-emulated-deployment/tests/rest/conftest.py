"""Fixtures for the tests of the API."""

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient


class Client(APIClient):
    """Sends JSON unless a test asks for something else."""

    default_format = "json"


@pytest.fixture(params=["fbv", "cbv"])
def api(request):
    """The prefix of the API: each test runs for each implementation."""
    return f"/api/{request.param}/"


@pytest.fixture
def client():
    """A visitor."""
    return Client()


@pytest.fixture
def anna(db):
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")


@pytest.fixture
def berta(db):
    return get_user_model().objects.create_user("berta@mublog.example", "battery staple")


@pytest.fixture
def as_anna(anna):
    """Anna, signed in by a session."""
    client = Client()
    client.force_login(anna)
    return client
