"""Helpers that send GraphQL requests."""


def send(client, document, /, **variables):
    """Post a document with its variables, and return the response."""
    data = {"query": document, "variables": variables}
    return client.post("/graphql/", data, content_type="application/json")


def ask(client, document, /, **variables):
    """Send a document that must succeed, and return its data."""
    response = send(client, document, **variables)
    assert response.status_code == 200, response.text
    assert "errors" not in response.json(), response.text
    return response.json()["data"]
