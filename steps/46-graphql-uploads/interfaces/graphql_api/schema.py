"""All that can be asked and done, of every module."""

import graphene

from interfaces.graphql_api.posts import PostMutations, PostQueries


class Query(PostQueries):
    """What can be asked; asking changes nothing."""


class Mutation(PostMutations):
    """What can be done. Several of them in one document are done one after another."""


schema = graphene.Schema(query=Query, mutation=Mutation)
