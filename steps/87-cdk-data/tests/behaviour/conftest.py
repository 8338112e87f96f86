"""The users of the behaviour tests, and the implementations."""

import pytest
from django.contrib.auth import get_user_model

from tests.behaviour.drivers import DRIVERS


@pytest.fixture(params=DRIVERS.values(), ids=DRIVERS)
def site(request, db):
    """Each implementation in turn."""
    return request.param


@pytest.fixture
def visitor(site):
    return site.visitor()


@pytest.fixture
def anna(db):
    return get_user_model().objects.create_user("anna@mublog.example", "correct horse")


@pytest.fixture
def berta(db):
    return get_user_model().objects.create_user("berta@mublog.example", "battery staple")
