"""One small world with two companies and all roles, and every field of the schema asked by each of them in it."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from backend.catalogue.models import Asset, CustomerSku, ProductCategory
from backend.companies.models import CompanyLocation, Member, User
from backend.core.database import execute, fetch
from backend.core.viewer import Role
from tests.api.hostile import plain_value
from tests.api.shopping import Client, Shop, fill, open_shop, place
from tests.factories.catalogue import make_category
from tests.factories.companies import make_group, make_member, make_staff, sign_in_as

# Who asks, in the order of the table's columns.
VIEWERS = {
    "A": "anonymous",
    "S": "a stranger: buyer of another company",
    "T": "company admin of that other company",
    "E": "elsewhere: buyer of the same company at another location",
    "B": "buyer of this company and location",
    "P": "approver of this company and location",
    "C": "company admin of this company",
    "R": "sales rep whose account this company is",
    "r": "the same rep, acting for this location",
    "O": "another sales rep",
    "M": "sales manager",
    "K": "marketing",
    "W": "warehouse",
    "F": "finance",
    "Z": "admin",
}


@dataclass(slots=True)
class World:
    """Harbour has an order, a cart, credit, own part numbers and an assortment that Hill does not share."""

    http: httpx.AsyncClient
    shop: Shop
    people: dict[str, tuple[User | Member, CompanyLocation | None]]
    ids: dict[str, str]

    async def client(self, viewer: str) -> Client:
        """A client with a session of its own, so that who signs out signs nobody else out."""
        if viewer == "A":
            return Client(self.http)
        who, location = self.people[viewer]
        return Client(self.http, await sign_in_as(who, location))


async def open_world(http: httpx.AsyncClient) -> World:
    shop = await open_shop(credit={"EUR": 7_654_321}, tax_id="CANARY-TAX")
    await execute("UPDATE variant SET cost_e4 = 77777")
    await CustomerSku.create(company_id=shop.harbour.id, variant_id=shop.glove.id, sku="CANARY-SKU", sku_key="CANARYSKU")
    await ProductCategory.create(product_id=_key_of(shop.jacket), category_id=_key_of(await make_category("Outerwear")))
    await Asset.create(product_id=_key_of(shop.jacket), url="/CANARY.svg", alt="CANARY")
    await make_group("G1")
    people = await _people(shop)
    buyer = Client(http, shop.token)
    await fill(buyer, {"sku": "NW-1-BLACK-M", "quantity": 2}, {"sku": "GL-9", "quantity": 3})
    order = (await place(buyer, purchaseOrderNumber="CANARY-PO", note="CANARY-NOTE"))["orders"][0]
    cart = (await fill(buyer, {"sku": "GL-9", "quantity": 3, "note": "CANARY-LINE"}))["cart"]
    ids = {"order": order["id"], "number": order["number"], "cart": cart["id"], "cartline": cart["lines"][0]["id"]}
    ids["slug"] = shop.jacket.slug
    ids |= {kind: f"{kind}.{row['id']}" for kind, row in (await _keys(shop)).items()}
    return World(http, shop, people, ids)


def _key_of(row: Any) -> int:
    return int(row.id)


async def _people(shop: Shop) -> dict[str, tuple[User | Member, CompanyLocation | None]]:
    here = shop.rotterdam
    rep, other = await make_staff(Role.SALES_REP), await make_staff(Role.SALES_REP)
    await execute(
        "INSERT INTO rep_account (id, user_id, company_id) VALUES ($1, $2, $3), ($4, $5, $6)",
        secrets.randbits(62), rep.id, shop.harbour.id, secrets.randbits(62), other.id, shop.hill.id,
    )  # fmt: skip
    return {
        "S": (shop.hill_buyer, shop.hill_location),
        "T": (await make_member(shop.hill, Role.COMPANY_ADMIN, locations=(shop.hill_location,)), shop.hill_location),
        "E": (await make_member(shop.harbour, locations=(shop.antwerp,)), shop.antwerp),
        "B": (await make_member(shop.harbour, locations=(here,)), here),
        "P": (await make_member(shop.harbour, Role.APPROVER, locations=(here,)), here),
        "C": (await make_member(shop.harbour, Role.COMPANY_ADMIN, locations=(here,)), here),
        "R": (rep, None),
        "r": (rep, here),
        "O": (other, None),
        **{
            letter: (await make_staff(role), None)
            for letter, role in {
                "M": Role.SALES_MANAGER, "K": Role.MARKETING, "W": Role.WAREHOUSE, "F": Role.FINANCE, "Z": Role.ADMIN,
            }.items()
        },
    }  # fmt: skip


async def _keys(shop: Shop) -> dict[str, Any]:
    """Something of Harbour's, or hidden from Hill, of every kind."""
    one = {
        "product": "SELECT id FROM product WHERE name = 'Softshell jacket'",
        "variant": "SELECT id FROM variant WHERE sku = 'NW-1-BLACK-M'",
        "brand": "SELECT id FROM brand WHERE name = 'Northline'",
        "company": f"SELECT {shop.harbour.id}::bigint AS id",
        "location": f"SELECT {shop.rotterdam.id}::bigint AS id",
        "member": f"SELECT id FROM member WHERE user_id = {shop.buyer.user_id}",
        "user": f"SELECT {shop.buyer.user_id}::bigint AS id",
        "pricelist": "SELECT id FROM price_list WHERE is_default",
        "assortment": "SELECT id FROM assortment WHERE code = 'all'",
        "category": "SELECT id FROM category",
        "asset": "SELECT id FROM asset",
        "group": "SELECT id FROM company_group",
        "warehouse": "SELECT id FROM warehouse",
    }
    return {kind: (await fetch(statement))[0] for kind, statement in one.items()}


# ------------------------------------------------------------------------------------------------ documents


def root_fields(schema: GraphQLSchema, kind: str) -> dict[str, GraphQLField]:
    root = schema.query_type if kind == "query" else schema.mutation_type
    assert root is not None
    return dict(root.fields)


def document(kind: str, name: str, field: GraphQLField, given: dict[str, Any], depth: int = 2) -> str:
    declared = ", ".join(f"${argument}: {field.args[argument].type}" for argument in given)
    passed = ", ".join(f"{argument}: ${argument}" for argument in given)
    return (
        f"{kind}{f'({declared})' if declared else ''} {{ {name}{f'({passed})' if passed else ''} {selection(field.type, depth)} }}"
    )


def variables(field: GraphQLField, given: dict[str, Any]) -> dict[str, Any]:
    """What a row of the table gives; plain values for all else that is required."""
    needed = {name: plain_value(argument.type) for name, argument in field.args.items() if is_required_argument(argument)}
    return {**needed, **given}


def selection(of: Any, depth: int) -> str:
    """Everything that can be had without arguments, `depth` objects deep, so that a new field is looked at by itself."""
    kind = get_named_type(of)
    if is_leaf_type(kind):
        return ""
    if isinstance(kind, GraphQLUnionType):
        members = " ".join(f"... on {member.name} {{ {_fields(member, depth, f'{member.name}_')} }}" for member in kind.types)
        return f"{{ __typename {members} }}"
    return f"{{ __typename {_fields(kind, depth, '')} }}"


def _fields(kind: GraphQLNamedType, depth: int, prefix: str) -> str:
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    chosen = []
    for name, field in kind.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        alias = f"{prefix}{name}: {name}" if prefix else name
        if is_leaf_type(get_named_type(field.type)):
            chosen.append(alias)
        elif depth:
            chosen.append(f"{alias} {selection(field.type, depth - 1)}")
    return " ".join(chosen)


# ------------------------------------------------------------------------------------------------ answers


def letter(answer: dict[str, Any], name: str) -> str:
    """An answer as one letter of the table: - not signed in, x forbidden, . nothing or not found, o answered; ! is what must not be."""
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    if codes == {"RATE_LIMITED"}:
        return "o"  # by the address: this test has one only
    if codes:
        return {"NOT_SIGNED_IN": "-", "FORBIDDEN": "x"}.get(codes.pop(), "!") if len(codes) == 1 else "!"
    found = answer["data"][name]
    if isinstance(found, dict):
        empty = found.get("totalCount") == 0 or found["__typename"] == "NotFound"
        return "." if empty else "o"
    return "o" if found else "."
