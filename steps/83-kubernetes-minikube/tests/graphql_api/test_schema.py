"""The schema, and introspection."""

from django.test import Client

from interfaces.graphql_api.schema import schema


def test_every_type_field_and_argument_is_explained():
    for name, type_ in schema.graphql_schema.type_map.items():
        if not name.startswith("__"):
            assert type_.description, name
            for field, definition in getattr(type_, "fields", {}).items():
                assert definition.description, (name, field)
                for argument, definition in definition.args.items():
                    assert definition.description, (name, field, argument)


def test_one_of_several_operations_is_done_by_its_name():
    client = Client(enforce_csrf_checks=True)  # The request has no cookie, so it needs no token.
    data = {"query": "query A { a: __typename } query B { b: __typename }", "operationName": "B"}
    response = client.post("/graphql/", data, content_type="application/json")
    assert response.json() == {"data": {"b": "Query"}}
