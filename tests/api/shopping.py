"""What the tests of buying share: a small shop with two companies, and GraphQL as a client sends it."""

from dataclasses import dataclass
from typing import Any

import httpx

from backend.catalogue.models import Product, Variant
from backend.companies.models import Company, CompanyLocation, Member
from backend.pricing.models import PriceList, TaxRate
from tests.factories.catalogue import make_assortment, make_brand, make_price_list, make_product, set_price, set_stock
from tests.factories.companies import an_address, make_company, make_location, make_member, make_seller, sign_in_as


@dataclass
class Shop:
    """Harbour sees everything; Hill sees only the other brand. `jacket` has two axes with a hole."""

    harbour: Company
    rotterdam: CompanyLocation
    antwerp: CompanyLocation
    buyer: Member
    token: str
    hill: Company
    hill_location: CompanyLocation
    hill_buyer: Member
    hill_token: str
    jacket: Product
    variants: list[Variant]
    glove: Variant
    default: PriceList


async def open_shop(**company: Any) -> Shop:
    await make_seller()
    await TaxRate.create(country="NL", tax_class="STANDARD", name="VAT 21 %", rate_e4=210_000)
    await TaxRate.create(country="BE", tax_class="STANDARD", name="VAT 21 %", rate_e4=210_000)
    harbour = await make_company("Harbour Workwear", **company)
    rotterdam = await make_location(harbour, "Rotterdam")
    antwerp = await make_location(harbour, "Antwerp", address=an_address(city="Antwerp", country="BE"))
    buyer = await make_member(harbour, locations=(rotterdam, antwerp))
    hill = await make_company("Hill Supplies")
    hill_location = await make_location(hill, "Hill")
    hill_buyer = await make_member(hill, locations=(hill_location,))
    north, south = await make_brand("Northline"), await make_brand("Southline")
    jacket, variants = await make_product(
        "Softshell jacket",
        sku="NW-1",
        options={"Colour": ["Black", "Navy"], "Size": ["S", "M", "L"]},
        holes=[("Navy", "S")],
        brand=north,
    )
    _, (glove,) = await make_product("Work glove", sku="GL-9", brand=south)
    await make_assortment("all", company_id=harbour.id)
    await make_assortment("south", rules=[{"brand_id": south.id}], company_id=hill.id)
    default = await make_price_list("default", is_default=True)
    await set_price(default, variants, {1: "12.10", 12: "11.40", 48: "10.85"})
    await set_price(default, glove, "3.3333")
    await set_stock([*variants, glove], 100)
    return Shop(
        harbour, rotterdam, antwerp, buyer, await sign_in_as(buyer, rotterdam), hill, hill_location, hill_buyer,
        await sign_in_as(hill_buyer, hill_location), jacket, variants, glove, default,
    )  # fmt: skip


class Client:
    """Sends operations to the real application as one viewer."""

    def __init__(self, http: httpx.AsyncClient, token: str | None = None) -> None:
        self.http, self.token = http, token

    async def post(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        sent = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **headers}
        return await self.http.post("/graphql", json={"query": query, "variables": variables or {}}, headers=sent)

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data; fails on any error."""
        answer = (await self.post(query, variables)).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def code(self, query: str, **variables: Any) -> str:
        """The code of the first top-level error."""
        answer = (await self.post(query, variables)).json()
        code: str = answer["errors"][0]["extensions"]["code"]
        return code


MONEY = "{ amount currency }"
CART = f"""
fragment CartFields on Cart {{
  id version lineCount unitCount subtotal {MONEY} shipping {MONEY} tax {MONEY} total {MONEY}
  taxLines {{ name rate base {MONEY} amount {MONEY} }}
  lines {{ id sku name quantity unitPrice {MONEY} subtotal {MONEY} total {MONEY}
    shipTo {{ id name }} requestedShipDate cancelDate note pack {{ code units }} }}
  problems {{ code message needed blocking line {{ sku }} }} paymentMethods shippingMethods {{ code name price {MONEY} }}
}}"""
SET_LINES = (
    """
mutation ($input: SetCartLinesInput!) { setCartLines(input: $input) { __typename
  ... on SetCartLinesDone { cart { ...CartFields } outcomes { index input status code message quantity variant { sku } unitPrice { amount } } }
  ... on StaleCart { message cart { ...CartFields } } ... on Error { message } } }"""
    + CART
)
PLACE = (
    """
mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename
  ... on OrdersPlaced { orders { id number status fulfilment channel total { amount currency } tax { amount } shipping { amount }
      lines { sku quantity unitPrice { amount } total { amount } backordered variant { sku } } shipTo { city country } location { name }
      history { kind message by { name } } placedBy { name } onBehalf taxLines { rate base { amount } amount { amount } } purchaseOrderNumber note } }
  ... on CartHasProblems { problems { code message needed blocking } }
  ... on TotalChanged { expected { amount } actual { amount } cart { ...CartFields } }
  ... on StaleCart { cart { ...CartFields } } ... on InvalidInput { path } ... on Error { message } } }"""
    + CART
)


async def fill(client: Client, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """`setCartLines`: the union member that came back."""
    done: dict[str, Any] = (await client.ask(SET_LINES, input={"lines": list(rows), **more}))["setCartLines"]
    return done


async def place(client: Client, **values: Any) -> dict[str, Any]:
    done: dict[str, Any] = (await client.ask(PLACE, input=values))["placeOrder"]
    return done
