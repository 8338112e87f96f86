"""The driver of the REST APIs: it sends JSON, or a form if there is a file, and reads JSON."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from rest_framework.test import APIClient

from accounts.models import User
from tests.behaviour.language import Page, PostData, Profile, Refused
from tests.pictures import upload

REFUSALS = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "missing",
    429: "limited",
}


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

    def sign_up(self, email: str, password: str) -> None:
        self.send("post", "accounts/", email=email, password=password)

    def activate(self, uid: str, token: str, password: str | None = None) -> None:
        chosen = {} if password is None else {"password": password}
        self.send("post", "accounts/activate/", uid=uid, token=token, **chosen)

    def sign_in(self, email: str, password: str) -> None:
        self.send("post", "accounts/session/", email=email, password=password)

    def sign_out(self) -> None:
        self.send("delete", "accounts/session/")

    def request_password_reset(self, email: str) -> None:
        self.send("post", "accounts/password-reset/", email=email)

    def reset_password(self, uid: str, token: str, password: str) -> None:
        page = "accounts/password-reset/confirm/"
        self.send("post", page, uid=uid, token=token, password=password)

    def profile(self) -> Profile:
        me = self.get("accounts/me/")
        return Profile(me["id"], me["name"], me["email"])

    def my_posts(self, before: Any = None) -> Page:
        query = None if before is None else {"before": before}
        return read_page(self.get("accounts/me/posts/", query))

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
        if response.status_code == 429:
            assert int(response.headers["Retry-After"]) > 0
        if response.status_code in REFUSALS:
            raise Refused(REFUSALS[response.status_code], response.json().keys() - {"detail"})
        assert response.status_code in [200, 201, 202, 204]
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
