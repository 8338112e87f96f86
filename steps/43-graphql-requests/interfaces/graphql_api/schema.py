"""All that can be asked, of every module."""

import graphene

from interfaces.graphql_api.posts import PostQueries


class Query(PostQueries):
    """What can be asked; asking changes nothing."""


schema = graphene.Schema(query=Query)
