"""The one address of GraphQL."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from interfaces.graphql_api.schema import schema
from interfaces.graphql_api.views import GraphQLView

# Exempt from Django's own check, since the view makes it, of those whom a session signs in.
urlpatterns = [
    path("", csrf_exempt(GraphQLView.as_view(schema=schema)), name="graphql"),
]
