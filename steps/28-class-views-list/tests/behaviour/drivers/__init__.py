"""The implementations that the behaviour tests run against, by name."""

from tests.behaviour.drivers.html import HtmlSite

DRIVERS = {
    "function-views": HtmlSite("/fbv/"),
    "class-views": HtmlSite("/cbv/"),
}
