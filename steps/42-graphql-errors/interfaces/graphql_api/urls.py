"""The URL of the GraphQL interface."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from interfaces.graphql_api.schema import schema
from interfaces.graphql_api.views import GraphQLView

# A POST that changes nothing cannot be forged, so it needs no CSRF token.
urlpatterns = [
    path("", csrf_exempt(GraphQLView.as_view(schema=schema)), name="graphql"),
]
