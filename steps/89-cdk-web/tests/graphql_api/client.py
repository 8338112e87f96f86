"""Helpers that send GraphQL requests."""


def send(client, document, /, headers=None, **variables):
    """Post a document with its variables, and return the response."""
    data = {"query": document, "variables": variables}
    return client.post("/graphql/", data, content_type="application/json", headers=headers)


def ask(client, document, /, headers=None, **variables):
    """Send a document that must succeed, and return its data."""
    response = send(client, document, headers, **variables)
    assert response.status_code == 200, response.text
    assert "errors" not in response.json(), response.text
    return response.json()["data"]


def refusal(response):
    """Return the code of the only error in a response, and its fields."""
    (error,) = response.json()["errors"]
    assert error["message"]
    return error["extensions"]["code"], set(error["extensions"].get("fields", {}))
