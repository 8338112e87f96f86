"""The driver of the GraphQL interface: it sends documents, and reads data and errors."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from accounts.models import User
from tests.behaviour.language import Page, PostData, Profile, Refused
from tests.pictures import upload

REASONS = {
    "BAD_USER_INPUT": "invalid",
    "UNAUTHENTICATED": "unauthenticated",
    "FORBIDDEN": "forbidden",
    "NOT_FOUND": "missing",
    "RATE_LIMITED": "limited",
}
POST = "{ id text image author { id } likes liked }"
PAGE = "{ items %s next }" % POST


def read_post(post: dict[str, Any]) -> PostData:
    author = post.pop("author")
    image = post.pop("image") is not None
    return PostData(**post, image=image, author=author and author["id"])


def read_page(page: dict[str, Any]) -> Page:
    return Page([read_post(post) for post in page["items"]], page["next"])


@dataclass
class GraphQLActor:
    """A program, with a session if it is signed in."""

    client: Client
    received: str = ""

    def publish(self, text: str, image: bytes | None = None) -> PostData:
        document = """
            mutation ($text: String!, $image: Upload) {
              publishPost(text: $text, image: $image) { post %s }
            }
        """
        return self.mutate(document, text=text, image=image)

    def posts(self, q: str = "", before: Any = None) -> Page:
        document = """
            query ($search: String, $before: Int) {
              posts(search: $search, before: $before) %s
            }
        """
        return read_page(self.ask(document % PAGE, search=q, before=before)["posts"])

    def post(self, id: int) -> PostData:
        return read_post(self.ask("query ($id: Int!) { post(id: $id) %s }" % POST, id=id)["post"])

    def edit(self, id: int, **changes: Any) -> PostData:
        document = """
            mutation ($id: Int!, $text: String, $image: Upload, $removeImage: Boolean) {
              editPost(id: $id, text: $text, image: $image, removeImage: $removeImage) { post %s }
            }
        """
        remove = "image" in changes and changes["image"] is None
        return self.mutate(document, id=id, **changes, removeImage=remove)

    def delete(self, id: int) -> None:
        self.ask("mutation ($id: Int!) { deletePost(id: $id) { id } }", id=id)

    def like(self, id: int) -> None:
        self.mutate("mutation ($id: Int!) { likePost(id: $id) { post %s } }", id=id)

    def unlike(self, id: int) -> None:
        self.mutate("mutation ($id: Int!) { unlikePost(id: $id) { post %s } }", id=id)

    def sign_up(self, email: str, password: str) -> None:
        document = """
            mutation ($email: String!, $password: String!) {
              signUp(email: $email, password: $password) { ok }
            }
        """
        self.ask(document, email=email, password=password)

    def activate(self, uid: str, token: str, password: str | None = None) -> None:
        document = """
            mutation ($uid: String!, $token: String!, $password: String) {
              activateAccount(uid: $uid, token: $token, password: $password) { ok }
            }
        """
        self.ask(document, uid=uid, token=token, password=password)

    def sign_in(self, email: str, password: str) -> None:
        document = """
            mutation ($email: String!, $password: String!) {
              signIn(email: $email, password: $password) { me { id } }
            }
        """
        self.ask(document, email=email, password=password)

    def sign_out(self) -> None:
        self.ask("mutation { signOut { ok } }")

    def request_password_reset(self, email: str) -> None:
        document = "mutation ($email: String!) { requestPasswordReset(email: $email) { ok } }"
        self.ask(document, email=email)

    def reset_password(self, uid: str, token: str, password: str) -> None:
        document = """
            mutation ($uid: String!, $token: String!, $password: String!) {
              resetPassword(uid: $uid, token: $token, password: $password) { ok }
            }
        """
        self.ask(document, uid=uid, token=token, password=password)

    def profile(self) -> Profile:
        return Profile(**self.ask("{ me { id name email } }")["me"])

    def my_posts(self, before: Any = None) -> Page:
        document = "query ($before: Int) { me { posts(before: $before) %s } }" % PAGE
        return read_page(self.ask(document, before=before)["me"]["posts"])

    def mutate(self, document: str, **variables: Any) -> PostData:
        """Send a document with one mutation, and return the post in the response."""
        (payload,) = self.ask(document % POST, **variables).values()
        return read_post(payload["post"])

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Send a document with its variables, always as a form, and return its data."""
        image = variables.get("image")
        if image is not None:
            variables["image"] = None
        form = {"operations": json.dumps({"query": document, "variables": variables}), "map": "{}"}
        if image is not None:
            form |= {"map": '{"0": ["variables.image"]}', "0": upload(image)}
        response = self.client.post("/graphql/", form)
        self.received += response.text
        body = response.json()
        for error in body.get("errors", []):
            extensions = error["extensions"]
            if extensions["code"] == "RATE_LIMITED":
                assert response.status_code == 429
                assert int(response.headers["Retry-After"]) == extensions["retryAfter"] > 0
            raise Refused(REASONS[extensions["code"]], extensions.get("fields", ()))
        return body["data"]


class GraphQLSite:
    """The GraphQL interface."""

    def visitor(self) -> GraphQLActor:
        return GraphQLActor(Client())

    def member(self, user: User) -> GraphQLActor:
        actor = self.visitor()
        actor.client.force_login(user)
        return actor
