"""Every implementation that is asked for the behaviours, by name."""

from tests.behaviour.drivers.html import HtmlSite

DRIVERS = {
    "function-views": HtmlSite("/fbv/"),
    "class-views": HtmlSite("/cbv/"),
}
