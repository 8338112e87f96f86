"""The schema: the queries of every module."""

import graphene

from interfaces.graphql_api.posts import PostQueries


class Query(PostQueries):
    """Everything that can be queried."""


schema = graphene.Schema(query=Query)
