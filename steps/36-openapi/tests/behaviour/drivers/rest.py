"""The driver of the REST APIs: it sends JSON, or a form if there is a file, and reads JSON."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from rest_framework.test import APIClient

from accounts.models import User
from tests.behaviour.drivers.html import HtmlActor
from tests.behaviour.language import Page, PostData, Refused
from tests.pictures import upload

REFUSALS = {400: "invalid", 401: "unauthenticated", 403: "forbidden", 404: "missing"}


def read_post(post: dict[str, Any]) -> PostData:
    return PostData(
        id=post["id"],
        text=post["text"],
        author=post["author"] and post["author"]["id"],
        image=post["image"] is not None,
        likes=post["likes"],
        liked=post["liked"],
    )


def read_page(page: dict[str, Any]) -> Page:
    return Page([read_post(post) for post in page["results"]], page["next"])


@dataclass
class RestActor:
    """A program."""

    client: APIClient
    prefix: str
    received: str = ""

    def publish(self, text: str, image: bytes | None = None) -> PostData:
        return read_post(self.send("post", "posts/", text=text, image=image))

    def posts(self, q: str = "", before: Any = None) -> Page:
        query = {"q": q} | ({} if before is None else {"before": before})
        return read_page(self.get("posts/", query))

    def post(self, id: int) -> PostData:
        return read_post(self.get(f"posts/{id}/"))

    def edit(self, id: int, **changes: Any) -> PostData:
        return read_post(self.send("patch", f"posts/{id}/", **changes))

    def delete(self, id: int) -> None:
        self.send("delete", f"posts/{id}/")

    def like(self, id: int) -> None:
        self.send("put", f"posts/{id}/like/")

    def unlike(self, id: int) -> None:
        self.send("delete", f"posts/{id}/like/")

    def __getattr__(self, name: str) -> Any:
        """Borrow from the pages what the API does not have yet: one session works for both."""
        return getattr(HtmlActor(self.client, "/fbv/"), name)

    def get(self, page: str, query: dict[str, Any] | None = None) -> Any:
        """Send a GET request, and return the JSON of the response."""
        return self.check_response(self.client.get(self.prefix + page, query))

    def send(self, method: str, page: str, **data: Any) -> Any:
        """Send JSON, or a form if there is a file, and return the JSON of the response."""
        form = data.get("image") is not None
        if form:
            data["image"] = upload(data["image"])
        act = getattr(self.client, method)
        return self.check_response(act(self.prefix + page, data, "multipart" if form else "json"))

    def check_response(self, response: HttpResponse) -> Any:
        """Return the JSON of a response, or raise ``Refused`` if it is a refusal."""
        self.received += response.text
        if response.status_code in REFUSALS:
            raise Refused(REFUSALS[response.status_code], response.json().keys() - {"detail"})
        assert response.status_code in [200, 201, 204]
        return response.json() if response.content else None


@dataclass(frozen=True)
class RestSite:
    """The API below a prefix."""

    prefix: str

    def visitor(self) -> RestActor:
        return RestActor(APIClient(), self.prefix)

    def member(self, user: User) -> RestActor:
        actor = self.visitor()
        actor.client.force_login(user)
        return actor
