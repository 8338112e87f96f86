"""The URL of the GraphQL interface."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from graphene_django.views import GraphQLView

from interfaces.graphql_api.schema import schema

# A POST that changes nothing cannot be forged, so it needs no CSRF token.
urlpatterns = [
    path("", csrf_exempt(GraphQLView.as_view(schema=schema, middleware=[])), name="graphql"),
]
