"""The seller's side of the catalogue, by the API: products, variants, brands, categories, assortments, buyers' part numbers."""

from typing import Any

import httpx
import pytest

from backend.catalogue.models import Brand, Category, CustomerSku, Product
from backend.core.database import execute, fetch, fetch_value
from backend.core.ids import global_id
from backend.core.viewer import Role
from tests.api.seller import Refusals, everything, staff
from tests.api.shopping import Client, Shop, open_shop
from tests.factories.companies import make_group

RECORD = """{ __typename
  ... on ProductRecord { id slug name brand description descriptionHtml categories taxClass minimumQuantity breakScope isActive
    options { name values } assets { url alt kind sku }
    variants { id sku gtin name options cost { amount currency } quantityRule { minimum maximum increment } isActive replacedBy
      sellsWithoutStock weightGrams commodityCode priceGroup packs { code name kind units } contents { sku quantity } } }
  ... on InvalidInput { message path } ... on NotFound { message } }"""
SAVE = f"mutation ($input: SaveProductInput!) {{ saveProduct(input: $input) {RECORD} }}"
SAVE_MANY = """mutation ($products: [SaveProductInput!]!) { saveProducts(products: $products) { __typename
  ... on SaveProductsDone { productsCreated productsChanged productsUnchanged variantsCreated variantsChanged variantsUnchanged }
  ... on InvalidInput { message path } } }"""
UPDATE_VARIANT = f"mutation ($id: ID!, $input: UpdateVariantInput!) {{ updateVariant(id: $id, input: $input) {RECORD} }}"
RENAME = f"mutation ($id: ID!, $slug: String!) {{ renameProduct(id: $id, slug: $slug) {RECORD} }}"
ERRORS = "... on InvalidInput { message path } ... on NotFound { message }"
BRAND = f"{{ __typename ... on BrandRecord {{ id name slug productCount }} {ERRORS} }}"
SAVE_BRAND = f"mutation ($name: String!, $slug: String) {{ saveBrand(name: $name, slug: $slug) {BRAND} }}"
UPDATE_BRAND = f"mutation ($id: ID!, $input: UpdateBrandInput!) {{ updateBrand(id: $id, input: $input) {BRAND} }}"
DELETED = f"{{ __typename ... on Deleted {{ id }} {ERRORS} }}"
DELETE_BRAND = f"mutation ($id: ID!) {{ deleteBrand(id: $id) {DELETED} }}"
CATEGORY = f"{{ __typename ... on CategoryRecord {{ id name slug parentId position productCount }} {ERRORS} }}"
SAVE_CATEGORY = f"mutation ($input: SaveCategoryInput!) {{ saveCategory(input: $input) {CATEGORY} }}"
UPDATE_CATEGORY = f"mutation ($id: ID!, $input: UpdateCategoryInput!) {{ updateCategory(id: $id, input: $input) {CATEGORY} }}"
DELETE_CATEGORY = f"mutation ($id: ID!) {{ deleteCategory(id: $id) {DELETED} }}"
ASSORTMENT = f"""{{ __typename ... on Assortment {{ id code name isDefault productCount rules {{ includes label brandId productId }}
  audiences {{ companyId groupId locationId label }} }} {ERRORS} }}"""
SAVE_ASSORTMENT = f"mutation ($input: SaveAssortmentInput!) {{ saveAssortment(input: $input) {ASSORTMENT} }}"
DELETE_ASSORTMENT = f"mutation ($id: ID!) {{ deleteAssortment(id: $id) {DELETED} }}"
ASSIGN = f"mutation ($id: ID!, $audience: AudienceInput!) {{ assignAssortment(id: $id, audience: $audience) {ASSORTMENT} }}"
UNASSIGN = f"mutation ($id: ID!, $audience: AudienceInput!) {{ unassignAssortment(id: $id, audience: $audience) {ASSORTMENT} }}"
CUSTOMER_SKUS = """mutation ($rows: [CustomerSkuInput!]!) { setCustomerSkus(rows: $rows) { __typename
  ... on SetCustomerSkusDone { written } ... on InvalidInput { message path } } }"""
SEES = "{ products(first: 100) { totalCount nodes { slug variants { sku } } } }"


@pytest.fixture
async def shop(database: str) -> Shop:
    return await open_shop()


@pytest.fixture
async def admin(shop: Shop, client: httpx.AsyncClient) -> Client:
    return await staff(client)


@pytest.fixture
def refusals(shop: Shop, client: httpx.AsyncClient) -> Refusals:
    return Refusals(client, shop.token, Role.WAREHOUSE)


def parka(**changes: Any) -> dict[str, Any]:
    variants = [{"sku": f"PK-{size}", "options": [size], "gtin": None} for size in ("S", "M")]
    return {"slug": "parka", "name": "Parka", "brand": "Northline", "optionNames": ["Size"], "variants": variants, **changes}


async def saved(client: Client, query: str, **variables: Any) -> dict[str, Any]:
    """The union member that the one mutation answered."""
    answer = await client.ask(query, **variables)
    member: dict[str, Any] = next(iter(answer.values()))
    return member


async def sees(client: httpx.AsyncClient, token: str) -> dict[str, list[str]]:
    found = await Client(client, token).ask(SEES)
    return {node["slug"]: [variant["sku"] for variant in node["variants"]] for node in found["products"]["nodes"]}


# Products


async def test_a_product_is_made_with_everything(admin: Client) -> None:
    product = await saved(
        admin,
        SAVE,
        input=parka(
            descriptionHtml="<p>Warm<script>x</script></p>",
            taxClass="REDUCED",
            minimumQuantity=6,
            breakScope="PRODUCT",
            assets=[{"url": "https://cdn.example/parka.jpg", "alt": "A parka", "sku": "PK-M"}],
            variants=[
                {
                    "sku": "PK-S", "options": ["S"], "gtin": "4006381333931", "cost": {"amount": "31.2575", "currency": "EUR"}, "minimum": 6,
                    "maximum": 600, "increment": 6, "weightGrams": 900, "commodityCode": "6201.93", "priceGroup": "parkas",
                    "packs": [{"code": "CASE", "name": "Case of 12", "units": 12}],
                },
                {"sku": "PK-M", "options": ["M"], "isActive": False, "replacedBy": "PK-S"},
                {"sku": "PK-SET", "contents": [{"sku": "PK-S", "quantity": 4}], "options": []},
            ],
        ),
    )  # fmt: skip
    assert (product["__typename"], product["brand"], product["descriptionHtml"]) == ("ProductRecord", "Northline", "<p>Warm</p>")
    assert (product["taxClass"], product["minimumQuantity"], product["breakScope"]) == ("REDUCED", 6, "PRODUCT")
    assert product["options"] == [{"name": "Size", "values": ["S", "M"]}]
    assert product["assets"] == [{"url": "https://cdn.example/parka.jpg", "alt": "A parka", "kind": "IMAGE", "sku": "PK-M"}]
    small, medium, prepack = product["variants"]
    assert small["cost"] == {"amount": "31.2575", "currency": "EUR"}
    assert small["quantityRule"] == {"minimum": 6, "maximum": 600, "increment": 6}
    assert small["packs"] == [{"code": "CASE", "name": "Case of 12", "kind": "CASE", "units": 12}]
    assert (medium["isActive"], medium["replacedBy"], medium["name"]) == (False, "PK-S", "Parka M")
    assert prepack["contents"] == [{"sku": "PK-S", "quantity": 4}]


async def test_what_is_not_said_stays_and_null_clears(admin: Client) -> None:
    await saved(
        admin,
        SAVE,
        input=parka(minimumQuantity=6, variants=[{"sku": "PK-S", "options": ["S"], "gtin": "4006381333931", "minimum": 3}]),
    )
    product = await saved(
        admin, SAVE, input={"slug": "parka", "minimumQuantity": None, "variants": [{"sku": "PK-S", "gtin": None}]}
    )
    assert (product["name"], product["minimumQuantity"]) == ("Parka", None)
    assert (product["variants"][0]["gtin"], product["variants"][0]["quantityRule"]["minimum"]) == (None, 3)


async def test_saving_twice_writes_nothing(admin: Client) -> None:
    first = await saved(
        admin, SAVE_MANY, products=[parka(), parka(slug="coat", name="Coat", variants=[{"sku": "C-1", "options": ["S"]}])]
    )
    assert (first["productsCreated"], first["variantsCreated"]) == (2, 3)
    before = await everything()
    again = await saved(admin, SAVE_MANY, products=[parka()])
    assert (again["productsUnchanged"], again["variantsUnchanged"], again["productsCreated"], again["productsChanged"]) == (
        1,
        2,
        0,
        0,
    )
    assert await everything() == before


REFUSED: list[tuple[dict[str, Any], list[str], str]] = [
    ({"slug": "Big Parka"}, ["slug"], "small letters"),
    ({"name": "\u200b"}, ["name"], "one line"),
    ({"name": ""}, ["name"], "a name"),
    ({"optionNames": ["Size", "size"]}, ["optionNames"], "same name"),
    ({"categories": ["nowhere"]}, ["categories"], "no category nowhere"),
    ({"minimumQuantity": 0}, ["minimumQuantity"], "at least 1"),
    ({"assets": [{"url": "javascript:x()"}]}, ["assets", "0", "url"], "no address"),
    ({"assets": [{"url": "/a.svg", "sku": "NW-1-BLACK-S"}]}, ["assets", "0", "sku"], "no variant"),
    ({"variants": [{"sku": "NW-1-BLACK-S", "options": ["S"]}]}, ["variants", "0", "sku"], "belongs to the product"),
    ({"variants": [{"sku": "PK-S"}]}, ["variants", "0", "options"], "has 0 values"),
    ({"variants": [{"sku": "A", "options": ["S"]}, {"sku": "B", "options": ["S"]}]}, ["variants", "1", "options"], "same combination"),
    ({"variants": [{"sku": "A", "options": ["S"]}, {"sku": "A", "options": ["M"]}]}, ["variants", "1", "sku"], "comes twice"),
    ({"variants": [{"sku": "\u200b-", "options": ["S"]}]}, ["variants", "0", "sku"], "letters or digits"),
    ({"variants": [{"sku": "A", "options": ["S"], "gtin": "4006381333932"}]}, ["variants", "0", "gtin"], "check digit"),
    ({"variants": [{"sku": "A", "options": ["S"], "minimum": 5, "maximum": 3}]}, ["variants", "0", "minimum"], "below the minimum"),
    ({"variants": [{"sku": "A", "options": ["S"], "minimum": 2, "maximum": 5, "increment": 6}]}, ["variants", "0", "minimum"], "no multiple"),
    ({"variants": [{"sku": "A", "options": ["S"], "cost": {"amount": "-1", "currency": "EUR"}}]}, ["variants", "0", "cost"], "negative"),
    ({"variants": [{"sku": "A", "options": ["S"], "cost": {"amount": "1", "currency": "USD"}}]}, ["variants", "0", "cost", "currency"], "EUR"),
    ({"variants": [{"sku": "A", "options": ["S"], "replacedBy": "A"}]}, ["variants", "0", "replacedBy"], "stand for itself"),
    ({"variants": [{"sku": "A", "options": ["S"], "contents": [{"sku": "Z", "quantity": 1}]}]},
     ["variants", "0", "contents", "0", "sku"], "no variant Z"),
    ({"variants": [{"sku": "A", "options": ["S"], "packs": [{"code": "C", "name": "C", "units": 0}]}]},
     ["variants", "0", "packs", "0", "units"], "one piece"),
]  # fmt: skip


async def test_values_that_cannot_stand_are_named_by_their_path(admin: Client) -> None:
    before = await everything()
    for changes, path, words in REFUSED:
        refused = await saved(admin, SAVE, input=parka(**changes))
        assert refused["__typename"] == "InvalidInput", changes
        assert refused["path"] == ["input", *path], refused
        assert words in refused["message"]
    assert await everything() == before


async def test_one_bad_product_stops_all(admin: Client) -> None:
    refused = await saved(admin, SAVE_MANY, products=[parka(), parka(slug="coat", variants=[{"sku": "PK-S", "options": ["S"]}])])
    assert refused["path"] == ["products", "1", "variants", "0", "sku"]
    assert not await Product.filter(slug="parka").exists()


async def test_too_many_products_at_once_are_the_clients_bug(admin: Client) -> None:
    assert await admin.code(SAVE_MANY, products=[{"slug": f"p-{n}"} for n in range(1001)]) == "BAD_INPUT"


async def test_saving_products_is_for_those_who_manage_the_catalogue(refusals: Refusals) -> None:
    await refusals.check(SAVE, input=parka())
    await refusals.check(SAVE_MANY, products=[parka()])


async def test_a_variant_is_changed_by_its_id(admin: Client, shop: Shop) -> None:
    key = global_id("variant", shop.variants[0].id)
    product = await saved(
        admin, UPDATE_VARIANT, id=key, input={"minimum": 12, "increment": 12, "cost": {"amount": "4", "currency": "EUR"}}
    )
    variant = product["variants"][0]
    assert (variant["quantityRule"]["increment"], variant["cost"]["amount"]) == (12, "4.00")
    refused = await saved(admin, UPDATE_VARIANT, id=key, input={"gtin": "1"})
    assert (refused["__typename"], refused["path"]) == ("InvalidInput", ["input", "gtin"])
    missing = await saved(admin, UPDATE_VARIANT, id="variant.1", input={"minimum": 2})
    assert missing["__typename"] == "NotFound"


async def test_changing_a_variant_is_for_those_who_manage_the_catalogue(refusals: Refusals, shop: Shop) -> None:
    await refusals.check(UPDATE_VARIANT, id=global_id("variant", shop.glove.id), input={"minimum": 2})


async def test_a_product_gets_another_address(admin: Client, shop: Shop) -> None:
    key = global_id("product", shop.jacket.id)
    assert (await saved(admin, RENAME, id=key, slug="softshell"))["slug"] == "softshell"
    taken = (await Product.get(name="Work glove")).slug
    assert (await saved(admin, RENAME, id=key, slug=taken))["path"] == ["slug"]
    assert (await saved(admin, RENAME, id=key, slug="Not a slug"))["__typename"] == "InvalidInput"
    assert (await saved(admin, RENAME, id="product.5", slug="softshell-2"))["__typename"] == "NotFound"


async def test_renaming_is_for_those_who_manage_the_catalogue(refusals: Refusals, shop: Shop) -> None:
    await refusals.check(RENAME, id=global_id("product", shop.jacket.id), slug="stolen")


async def test_records_show_what_no_buyer_sees(admin: Client, shop: Shop) -> None:
    await saved(admin, SAVE, input=parka(isActive=False))
    query = "query ($q: String, $on: Boolean) { productRecords(first: 1, query: $q, isActive: $on) { totalCount nodes { slug isActive } } }"
    assert (await admin.ask(query, q="PK-M"))["productRecords"]["nodes"] == [{"slug": "parka", "isActive": False}]
    assert (await admin.ask(query))["productRecords"]["totalCount"] == 3
    assert (await admin.ask(query, on=True))["productRecords"]["totalCount"] == 2
    one = await admin.ask(
        "query ($id: ID!) { productRecord(id: $id) { slug variants { sku } } }", id=global_id("product", shop.jacket.id)
    )
    assert len(one["productRecord"]["variants"]) == 5
    lists = await admin.ask("{ brandRecords { name productCount } categoryRecords { slug } }")
    assert {"name": "Northline", "productCount": 2} in lists["brandRecords"]


async def test_pages_of_records_follow_each_other(admin: Client) -> None:
    query = (
        "query ($after: String) { productRecords(first: 1, after: $after) { nodes { name } pageInfo { endCursor hasNextPage } } }"
    )
    first = (await admin.ask(query))["productRecords"]
    second = (await admin.ask(query, after=first["pageInfo"]["endCursor"]))["productRecords"]
    assert [first["nodes"][0]["name"], second["nodes"][0]["name"]] == ["Softshell jacket", "Work glove"]
    assert second["pageInfo"]["hasNextPage"] is False
    assert await admin.code(query, after="nonsense") == "BAD_INPUT"


async def test_what_is_only_to_be_made_never_changes_what_is_there(admin: Client) -> None:
    product = SAVE.replace("($input: SaveProductInput!)", "($input: SaveProductInput!, $new: Boolean!)").replace(
        "(input: $input)", "(input: $input, onlyNew: $new)"
    )
    await saved(admin, product, input=parka(), new=True)
    again = await saved(admin, product, input={**parka(), "name": "Another"}, new=True)
    assert (again["__typename"], again["path"]) == ("InvalidInput", ["input", "slug"])
    assert (await saved(admin, product, input=parka(), new=False))["name"] == parka()["name"]
    for kind, given in (("Assortment", {"name": "Winter"}), ("PriceList", {"name": "Winter", "currency": "EUR"})):
        mutation = (
            f"mutation ($input: Save{kind}Input!) {{ save{kind}(input: $input, onlyNew: true)"
            f" {{ __typename ... on {kind} {{ name }} {ERRORS} }} }}"
        )
        assert (await saved(admin, mutation, input={"code": "winter", **given}))["name"] == "Winter"
        taken = await saved(admin, mutation, input={"code": "winter", **given, "name": "Summer"})
        assert (taken["__typename"], taken["path"]) == ("InvalidInput", ["input", "code"])


@pytest.mark.parametrize(
    "query",
    ["{ productRecords { totalCount } }", '{ productRecord(id: "product.1") { id } }', "{ brandRecords { id } }", "{ categoryRecords { id } }",
     "{ assortments { totalCount } }"],
)  # fmt: skip
async def test_records_are_for_the_seller(client: httpx.AsyncClient, shop: Shop, query: str) -> None:
    assert await Client(client).code(query) == "NOT_SIGNED_IN"
    assert await Client(client, shop.token).code(query) == "FORBIDDEN"
    assert await (await staff(client, Role.WAREHOUSE)).code(query) == "FORBIDDEN"


# What buyers see follows at once


async def test_a_new_product_is_seen_by_those_whose_rules_match_it(admin: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    await saved(admin, SAVE, input=parka())
    assert (await sees(client, shop.token))["parka"] == ["PK-S", "PK-M"]
    assert "parka" not in await sees(client, shop.hill_token)
    await saved(admin, SAVE, input={"slug": "parka", "brand": "Southline"})
    assert "parka" in await sees(client, shop.hill_token)


async def test_a_new_name_changes_the_place_in_the_list(admin: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    await saved(admin, SAVE, input=parka(name="Zero parka"))
    assert list(await sees(client, shop.token))[-1] == "parka"
    await saved(admin, SAVE, input={"slug": "parka", "name": "A parka"})
    assert next(iter(await sees(client, shop.token))) == "parka"


async def test_an_inactive_variant_or_product_is_gone(admin: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    await saved(
        admin, SAVE, input=parka(variants=[{"sku": "PK-S", "options": ["S"]}, {"sku": "PK-M", "options": ["M"], "isActive": False}])
    )
    assert (await sees(client, shop.token))["parka"] == ["PK-S"]
    await saved(admin, SAVE, input={"slug": "parka", "variants": [{"sku": "PK-S", "isActive": False}]})
    assert "parka" not in await sees(client, shop.token)


# Brands


async def test_brands_are_made_renamed_and_deleted(admin: Client, shop: Shop) -> None:
    made = await saved(admin, SAVE_BRAND, name="Größe & Söhne")
    assert (made["slug"], made["productCount"]) == ("grosse-sohne", 0)
    changed = await saved(admin, UPDATE_BRAND, id=made["id"], input={"name": "Sons"})
    assert (changed["name"], changed["slug"]) == ("Sons", "grosse-sohne")
    assert (await saved(admin, UPDATE_BRAND, id=made["id"], input={"slug": "northline"}))["path"] == ["input", "slug"]
    assert (await saved(admin, SAVE_BRAND, name=" "))["path"] == ["name"]
    assert (await saved(admin, DELETE_BRAND, id=made["id"]))["id"] == made["id"]
    assert (await saved(admin, DELETE_BRAND, id=made["id"]))["__typename"] == "NotFound"
    assert (await saved(admin, UPDATE_BRAND, id=made["id"], input={"name": "X"}))["__typename"] == "NotFound"
    used = await Brand.get(slug="northline")
    assert (await saved(admin, DELETE_BRAND, id=global_id("brand", used.id)))["__typename"] == "InUse"


async def test_brands_are_for_those_who_manage_the_catalogue(refusals: Refusals) -> None:
    brand = global_id("brand", (await Brand.get(slug="northline")).id)
    await refusals.check(SAVE_BRAND, name="Mine")
    await refusals.check(UPDATE_BRAND, id=brand, input={"name": "Mine"})
    await refusals.check(DELETE_BRAND, id=brand)


# Categories


async def test_categories_make_a_tree_and_move_with_what_is_below(admin: Client) -> None:
    work = await saved(admin, SAVE_CATEGORY, input={"name": "Workwear"})
    jackets = await saved(admin, SAVE_CATEGORY, input={"name": "Jackets", "parentId": work["id"]})
    rain = await saved(admin, SAVE_CATEGORY, input={"name": "Rain jackets", "parentId": jackets["id"], "position": 3})
    assert (rain["parentId"], rain["position"]) == (jackets["id"], 3)
    outlet = await saved(admin, SAVE_CATEGORY, input={"name": "Outlet"})
    await saved(admin, UPDATE_CATEGORY, id=jackets["id"], input={"parentId": outlet["id"]})
    paths = {category.slug: category.path for category in await Category.all()}
    assert paths["rain-jackets"] == [*paths["jackets"], paths["rain-jackets"][-1]]
    assert paths["jackets"][0] == paths["outlet"][0]
    circle = await saved(admin, UPDATE_CATEGORY, id=outlet["id"], input={"parentId": rain["id"]})
    assert (circle["__typename"], circle["path"]) == ("InvalidInput", ["input", "parentId"])
    assert (await saved(admin, SAVE_CATEGORY, input={"name": "Outlet", "parentId": rain["id"]}))["__typename"] == "InvalidInput"
    kept = await saved(admin, SAVE_CATEGORY, input={"name": "Jackets and coats", "slug": "jackets"})
    assert (kept["parentId"], kept["name"]) == (outlet["id"], "Jackets and coats")
    assert (await saved(admin, UPDATE_CATEGORY, id=jackets["id"], input={"parentId": None}))["parentId"] is None
    assert (await saved(admin, UPDATE_CATEGORY, id="category.1", input={"name": "X"}))["__typename"] == "NotFound"
    assert (await saved(admin, DELETE_CATEGORY, id=jackets["id"]))["__typename"] == "InUse"
    assert (await saved(admin, DELETE_CATEGORY, id=rain["id"]))["__typename"] == "Deleted"


async def test_moving_a_category_changes_what_an_assortment_shows(admin: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    work = await saved(admin, SAVE_CATEGORY, input={"name": "Workwear"})
    jackets = await saved(admin, SAVE_CATEGORY, input={"name": "Jackets"})
    await saved(admin, SAVE, input={"slug": shop.jacket.slug, "categories": ["jackets"]})
    await saved(admin, SAVE_ASSORTMENT, input={"code": "south", "rules": [{"categoryId": work["id"]}]})
    assert await sees(client, shop.hill_token) == {}
    await saved(admin, UPDATE_CATEGORY, id=jackets["id"], input={"parentId": work["id"]})
    assert list(await sees(client, shop.hill_token)) == [shop.jacket.slug]


async def test_categories_are_for_those_who_manage_the_catalogue(refusals: Refusals, admin: Client) -> None:
    made = await saved(admin, SAVE_CATEGORY, input={"name": "Workwear"})
    await refusals.check(SAVE_CATEGORY, input={"name": "Mine"})
    await refusals.check(UPDATE_CATEGORY, id=made["id"], input={"name": "Mine"})
    await refusals.check(DELETE_CATEGORY, id=made["id"])


# Assortments


async def test_rules_include_and_exclude(admin: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    small = shop.variants[0]
    rules = [{}, {"includes": False, "variantId": global_id("variant", small.id)}, {"includes": False, "productId": "x"}]
    assert (await saved(admin, SAVE_ASSORTMENT, input={"code": "all", "rules": rules}))["path"] == [
        "input",
        "rules",
        "2",
        "productId",
    ]
    done = await saved(admin, SAVE_ASSORTMENT, input={"code": "all", "name": "All but one", "rules": rules[:2]})
    assert (done["name"], done["productCount"], [rule["label"] for rule in done["rules"]]) == ("All but one", 2, ["", small.sku])
    seen = await sees(client, shop.token)
    assert small.sku not in seen[shop.jacket.slug]
    assert len(seen[shop.jacket.slug]) == 4
    await saved(admin, SAVE_ASSORTMENT, input={"code": "all", "rules": [{"variantId": global_id("variant", small.id)}]})
    assert await sees(client, shop.token) == {shop.jacket.slug: [small.sku]}
    two = [{"variantId": global_id("variant", small.id), "productId": global_id("product", shop.jacket.id)}]
    assert (await saved(admin, SAVE_ASSORTMENT, input={"code": "all", "rules": two}))["path"] == ["input", "rules", "0"]


async def test_a_viewer_sees_the_union_of_what_reaches_her(admin: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    jackets = await saved(
        admin, SAVE_ASSORTMENT, input={"code": "jackets", "rules": [{"productId": global_id("product", shop.jacket.id)}]}
    )
    where = {"locationId": global_id("location", shop.hill_location.id)}
    await saved(admin, ASSIGN, id=jackets["id"], audience=where)
    done = await saved(admin, ASSIGN, id=jackets["id"], audience=where)
    assert len(done["audiences"]) == 1
    assert len(await sees(client, shop.hill_token)) == 2
    await saved(admin, UNASSIGN, id=jackets["id"], audience=where)
    assert len(await sees(client, shop.hill_token)) == 1
    assert (await saved(admin, UNASSIGN, id=jackets["id"], audience=where))["__typename"] == "NotFound"


async def test_what_an_assortment_begins_or_ceases_to_show_is_searched_at_once(
    admin: Client, client: httpx.AsyncClient, shop: Shop
) -> None:
    async def found() -> int:
        answer = await Client(client, shop.hill_token).ask(
            "query ($text: String) { products(query: $text) { totalCount } }", text=shop.jacket.name
        )
        count: int = answer["products"]["totalCount"]
        return count

    assert await found() == 0
    jackets = await saved(
        admin, SAVE_ASSORTMENT, input={"code": "jackets", "rules": [{"productId": global_id("product", shop.jacket.id)}]}
    )
    await saved(admin, ASSIGN, id=jackets["id"], audience={"locationId": global_id("location", shop.hill_location.id)})
    assert await found() == 1
    await saved(admin, SAVE_ASSORTMENT, input={"code": "jackets", "rules": []})
    assert await found() == 0


async def test_nothing_is_left_of_an_assortment_that_is_deleted(admin: Client, shop: Shop) -> None:
    """Neither in what it showed whole, nor in what it showed a part of: else every search would read on about it."""
    reach = "SELECT product_id, assortments, partly FROM product_search ORDER BY product_id"
    before = await fetch(reach)
    rules = [{"productId": global_id("product", shop.jacket.id)}, {"variantId": global_id("variant", shop.glove.id)}]
    made = await saved(admin, SAVE_ASSORTMENT, input={"code": "some", "rules": [rules[0]]})
    await saved(admin, SAVE_ASSORTMENT, input={"code": "some", "rules": rules})
    assert await fetch(reach) != before
    assert (await saved(admin, DELETE_ASSORTMENT, id=made["id"]))["__typename"] == "Deleted"
    assert await fetch(reach) == before


async def test_the_default_assortment_serves_those_who_have_no_other(admin: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    await saved(admin, SAVE_ASSORTMENT, input={"code": "default", "isDefault": True, "rules": [{}]})
    assert len(await sees(client, shop.hill_token)) == 1
    south = next(
        node
        for node in (await admin.ask("{ assortments { nodes { id code } } }"))["assortments"]["nodes"]
        if node["code"] == "south"
    )
    hill = {"companyId": global_id("company", shop.hill.id)}
    assert (await saved(admin, UNASSIGN, id=south["id"], audience=hill))["__typename"] == "InUse"
    await execute("DELETE FROM assortment_assignment WHERE company_id = $1", shop.hill.id)
    assert len(await sees(client, shop.hill_token)) == 2
    await saved(admin, SAVE_ASSORTMENT, input={"code": "other-default", "isDefault": True, "rules": []})
    assert await fetch_value("SELECT count(*) FROM assortment WHERE is_default") == 1
    assert await sees(client, shop.hill_token) == {}


async def test_assortments_say_what_is_wrong(admin: Client, shop: Shop) -> None:
    assert (await saved(admin, SAVE_ASSORTMENT, input={"code": "two words?"}))["path"] == ["input", "code"]
    assert (await saved(admin, DELETE_ASSORTMENT, id="assortment.1"))["__typename"] == "NotFound"
    made = await saved(admin, SAVE_ASSORTMENT, input={"code": "empty"})
    assert (await saved(admin, ASSIGN, id=made["id"], audience={"companyId": "company.1"}))["__typename"] == "NotFound"
    assert (await saved(admin, ASSIGN, id="assortment.1", audience={"groupId": "group.1"}))["__typename"] == "NotFound"
    assert await admin.code(ASSIGN, id=made["id"], audience={}) == "BAD_INPUT"
    group = await make_group()
    assert (await saved(admin, ASSIGN, id=made["id"], audience={"groupId": global_id("group", group.id)}))["audiences"][0][
        "label"
    ] == group.name
    assert (await admin.ask("query ($id: ID!) { node(id: $id) { __typename id } }", id=made["id"]))["node"][
        "__typename"
    ] == "Assortment"
    assert (await saved(admin, DELETE_ASSORTMENT, id=made["id"]))["__typename"] == "InUse"


async def test_assortments_are_for_those_who_manage_them(
    refusals: Refusals, admin: Client, client: httpx.AsyncClient, shop: Shop
) -> None:
    made = await saved(admin, SAVE_ASSORTMENT, input={"code": "mine"})
    audience = {"companyId": global_id("company", shop.hill.id)}
    await refusals.check(SAVE_ASSORTMENT, input={"code": "south", "rules": [{}]})
    await refusals.check(DELETE_ASSORTMENT, id=made["id"])
    await refusals.check(ASSIGN, id=made["id"], audience=audience)
    await refusals.check(UNASSIGN, id=made["id"], audience=audience)
    assert (await Client(client, shop.token).ask("query ($id: ID!) { node(id: $id) { id } }", id=made["id"]))["node"] is None


# Buyers' part numbers


async def test_part_numbers_are_set_and_taken_away(admin: Client, client: httpx.AsyncClient, shop: Shop) -> None:
    company = global_id("company", shop.harbour.id)
    rows = [
        {"companyId": company, "sku": "GL-9", "customerSku": "H 77"},
        {"companyId": company, "sku": shop.variants[0].sku, "customerSku": "H-78"},
    ]
    assert (await saved(admin, CUSTOMER_SKUS, rows=rows))["written"] == 2
    assert (await saved(admin, CUSTOMER_SKUS, rows=rows))["written"] == 0
    assert (await CustomerSku.get(sku="H 77")).sku_key == "H77"
    swapped = [{**rows[0], "customerSku": "H-78"}, {**rows[1], "customerSku": "H 77"}]
    assert (await saved(admin, CUSTOMER_SKUS, rows=swapped))["written"] == 4
    assert (await saved(admin, CUSTOMER_SKUS, rows=[{**rows[0], "customerSku": "H 77"}]))["path"] == ["rows", "0", "customerSku"]
    assert (await saved(admin, CUSTOMER_SKUS, rows=[{**rows[0], "customerSku": None}]))["written"] == 1
    assert (await saved(admin, CUSTOMER_SKUS, rows=[{**rows[0], "sku": "NO"}]))["path"] == ["rows", "0", "sku"]
    assert (await saved(admin, CUSTOMER_SKUS, rows=[{**rows[0], "companyId": "company.1"}]))["path"] == ["rows", "0", "companyId"]


async def test_part_numbers_are_for_those_who_manage_the_catalogue(refusals: Refusals, shop: Shop) -> None:
    await refusals.check(
        CUSTOMER_SKUS, rows=[{"companyId": global_id("company", shop.harbour.id), "sku": "GL-9", "customerSku": "X"}]
    )
