"""The driver of the HTML pages: it sends forms, and reads what the pages show."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests.behaviour.language import Page, PostData, Profile, Refused
from tests.pictures import upload

REFUSALS = {400: "invalid", 403: "forbidden", 404: "missing", 429: "limited"}


def find(pattern: str, html: str) -> str | None:
    """Return the group of a pattern in a page, with HTML entities decoded."""
    found = re.search(pattern, html, re.DOTALL)
    return found and found[1] and unescape(found[1])


def read_posts(html: str) -> list[PostData]:
    """Return the posts of a page, in order."""
    return [read_post(post) for post in re.findall("<article.*?</article>", html, re.DOTALL)]


def read_page(html: str) -> Page:
    older = find(r'href="[^"]*before=(\d+)[^"]*" rel="next"', html)
    return Page(read_posts(html), older and int(older))


def read_post(html: str) -> PostData:
    author = find(r"(?:Member (\d+)|A visitor),\s*<a", html)
    return PostData(
        id=int(find(r'<a [^>]*href="[^"]*/posts/(\d+)/"', html)),
        text=find(r'<p class="post-text" dir="auto">(.*?)</p>', html),
        author=author and int(author),
        image="<img" in html,
        likes=int(re.findall(r"(\d+) likes?\s", html)[-1]),
        liked='aria-pressed="true"' in html,
    )


@dataclass
class HtmlActor:
    """A person with a browser."""

    client: Client
    prefix: str
    received: str = ""

    def publish(self, text: str, image: bytes | None = None) -> PostData:
        response = self.send("posts/new/", text=text, image=image)
        return self.post(int(find(r"/posts/(\d+)/$", response.url)))

    def posts(self, q: str = "", before: Any = None) -> Page:
        return read_page(self.get("posts/", q=q, before=before))

    def post(self, id: int) -> PostData:
        (post,) = read_posts(self.get(f"posts/{id}/"))
        return post

    def edit(self, id: int, **changes: Any) -> PostData:
        if changes.get("image", b"") is None:
            changes["remove_image"] = "on"
        if "text" not in changes:
            changes["text"] = self.post(id).text
        self.send(f"posts/{id}/edit/", **changes)
        return self.post(id)

    def delete(self, id: int) -> None:
        self.send(f"posts/{id}/delete/")

    def like(self, id: int) -> None:
        self.send(f"posts/{id}/like/", liked="1")

    def unlike(self, id: int) -> None:
        self.send(f"posts/{id}/like/", liked="0")

    def sign_up(self, email: str, password: str) -> None:
        self.send("accounts/sign-up/", email=email, password=password)

    def activate(self, uid: str, token: str, password: str | None = None) -> None:
        self.send(f"accounts/activate/{uid}/{token}/", password=password)

    def sign_in(self, email: str, password: str) -> None:
        self.send("accounts/sign-in/", username=email, password=password)

    def sign_out(self) -> None:
        self.send("accounts/sign-out/")

    def request_password_reset(self, email: str) -> None:
        self.send("accounts/password-reset/", email=email)

    def reset_password(self, uid: str, token: str, password: str) -> None:
        self.send(f"accounts/password-reset/{uid}/{token}/", password=password)

    def profile(self) -> Profile:
        html = self.get("accounts/profile/")
        name = find(r"<h1[^>]*>(.*?)</h1>", html)
        return Profile(int(name.removeprefix("Member ")), name, find(r"<dd[^>]*>(.*?) <", html))

    def my_posts(self, before: Any = None) -> Page:
        return read_page(self.get("accounts/profile/", before=before))

    def get(self, page: str, **query: Any) -> str:
        """Return the HTML of a page."""
        query = {name: value for name, value in query.items() if value is not None}
        response = self.check_response(self.client.get(self.prefix + page, query))
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
        self.received += response.headers.get("Location", "") + response.text
        if response.status_code == 429:
            assert int(response.headers["Retry-After"]) > 0
        if response.status_code in REFUSALS:
            fields = re.findall(r'id="id_(\w+)_error"', response.text)
            raise Refused(REFUSALS[response.status_code], fields)
        if "/accounts/sign-in/?next=" in response.headers.get("Location", ""):
            raise Refused("unauthenticated")
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
