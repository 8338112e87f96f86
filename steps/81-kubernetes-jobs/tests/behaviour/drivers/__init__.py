"""The implementations that the behaviour tests run against, by name."""

from tests.behaviour.drivers.graphql import GraphQLSite
from tests.behaviour.drivers.html import HtmlSite
from tests.behaviour.drivers.rest import RestSite

DRIVERS = {
    "function-views": HtmlSite("/fbv/"),
    "class-views": HtmlSite("/cbv/"),
    "rest-functions": RestSite("/api/fbv/"),
    "rest-classes": RestSite("/api/cbv/"),
    "graphql": GraphQLSite(),
}
