"""The whole graph: every noun's queries and mutations added up, and how raised problems become members of unions."""

import strawberry

from backend.api import accounts, carts, errors, orders, versions
from backend.api.accounts import AccountsMutation, AccountsQuery
from backend.api.carts import CartsMutation, CartsQuery
from backend.api.companies import CompaniesQuery
from backend.api.context import Info
from backend.api.invitations import InvitationsMutation, InvitationsQuery
from backend.api.members import MembersMutation, MembersQuery
from backend.api.node import Node, find_node
from backend.api.orders import OrdersMutation, OrdersQuery
from backend.api.products import ProductsQuery
from backend.api.reorder import ReorderMutation, ReorderQuery
from backend.api.scalars import CONFIG
from backend.api.seller_assortments import SellerAssortmentsMutation, SellerAssortmentsQuery
from backend.api.seller_catalogue import SellerCatalogueMutation, SellerCatalogueQuery
from backend.api.seller_companies import SellerCompaniesMutation, SellerCompaniesQuery
from backend.api.seller_conditions import SellerConditionsMutation, SellerConditionsQuery
from backend.api.seller_failures import SellerFailuresMutation, SellerFailuresQuery
from backend.api.seller_prices import SellerPricesMutation, SellerPricesQuery
from backend.api.seller_stock import SellerStockMutation, SellerStockQuery


@strawberry.type
class Query(
    AccountsQuery,
    InvitationsQuery,
    CompaniesQuery,
    ProductsQuery,
    CartsQuery,
    OrdersQuery,
    ReorderQuery,
    MembersQuery,
    SellerCompaniesQuery,
    SellerCatalogueQuery,
    SellerAssortmentsQuery,
    SellerPricesQuery,
    SellerStockQuery,
    SellerConditionsQuery,
    SellerFailuresQuery,
):
    @strawberry.field(description="Anything with an id, as far as it is the viewer's; null for anything else.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        found: Node | None = await find_node(info.context.viewer, id)
        return found


@strawberry.type
class Mutation(
    AccountsMutation,
    InvitationsMutation,
    CartsMutation,
    OrdersMutation,
    ReorderMutation,
    MembersMutation,
    SellerCompaniesMutation,
    SellerCatalogueMutation,
    SellerAssortmentsMutation,
    SellerPricesMutation,
    SellerStockMutation,
    SellerConditionsMutation,
    SellerFailuresMutation,
):
    pass


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    config=CONFIG,
    exception_handlers=[*errors.HANDLERS, *versions.HANDLERS, *accounts.HANDLERS, *carts.HANDLERS, *orders.HANDLERS],
)


def print_schema() -> str:
    """schema.graphql as it is committed."""
    return schema.as_str() + "\n"
