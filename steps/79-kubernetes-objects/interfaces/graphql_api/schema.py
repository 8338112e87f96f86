"""The schema: the queries and mutations of every module."""

import graphene

from interfaces.graphql_api.accounts import AccountMutations, AccountQueries
from interfaces.graphql_api.posts import PostMutations, PostQueries


class Query(AccountQueries, PostQueries):
    """Everything that can be queried."""


class Mutation(AccountMutations, PostMutations):
    """Everything that can be changed. Mutations in one document run one after another.

    A document has at most four of them, or one with a password or an image and two others.
    """


schema = graphene.Schema(query=Query, mutation=Mutation)
