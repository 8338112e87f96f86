"""The URL of the GraphQL interface."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from interfaces.graphql_api.schema import schema
from interfaces.graphql_api.views import GraphQLView

# Exempt from Django's check, since the view itself checks requests with a session.
urlpatterns = [
    path("", csrf_exempt(GraphQLView.as_view(schema=schema)), name="graphql"),
]
