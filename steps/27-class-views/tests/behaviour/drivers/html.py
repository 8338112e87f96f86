"""The driver of the HTML pages: it sends forms, and reads what the pages show."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests.behaviour.language import PostData, Refused
from tests.pictures import upload

REFUSALS = {400: "invalid", 404: "missing"}


def find(pattern: str, html: str) -> str | None:
    """Return the group of a pattern in a page, with HTML entities decoded."""
    found = re.search(pattern, html, re.DOTALL)
    return found and found[1] and unescape(found[1])


def read_posts(html: str) -> list[PostData]:
    """Return the posts of a page, in order."""
    return [read_post(post) for post in re.findall("<article.*?</article>", html, re.DOTALL)]


def read_post(html: str) -> PostData:
    author = find(r"(?:Member (\d+)|A visitor),\s*<a", html)
    return PostData(
        id=int(find(r'<a [^>]*href="[^"]*/posts/(\d+)/"', html)),
        text=find(r'<p class="post-text" dir="auto">(.*?)</p>', html),
        author=author and int(author),
        image="<img" in html,
    )


@dataclass
class HtmlActor:
    """A person with a browser."""

    client: Client
    prefix: str

    def publish(self, text: str, image: bytes | None = None) -> PostData:
        response = self.send("posts/new/", text=text, image=image)
        return self.post(int(find(r"/posts/(\d+)/$", response.url)))

    def post(self, id: int) -> PostData:
        (post,) = read_posts(self.get(f"posts/{id}/"))
        return post

    def get(self, page: str) -> str:
        response = self.check_response(self.client.get(self.prefix + page))
        assert response.status_code == 200
        return response.text

    def send(self, page: str, **data: Any) -> HttpResponse:
        """Send a form, and return the redirect that follows."""
        data = {name: value for name, value in data.items() if value is not None}
        if "image" in data:
            data["image"] = upload(data["image"])
        response = self.check_response(self.client.post(self.prefix + page, data))
        assert response.status_code == 303
        return response

    def check_response(self, response: HttpResponse) -> HttpResponse:
        """Return a response, or raise ``Refused`` if it is a refusal."""
        if response.status_code in REFUSALS:
            fields = re.findall(r'id="id_(\w+)_error"', response.text)
            raise Refused(REFUSALS[response.status_code], fields)
        return response


@dataclass(frozen=True)
class HtmlSite:
    """The pages below a prefix."""

    prefix: str

    def visitor(self) -> HtmlActor:
        return HtmlActor(Client(), self.prefix)

    def member(self, user: User) -> HtmlActor:
        actor = self.visitor()
        actor.client.force_login(user)
        return actor
