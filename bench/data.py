"""Builds a shop of any size straight in PostgreSQL with `generate_series`: 24,000 variants take seconds, 50 million prices some minutes.

Every company has one location, one buyer and a group with a list of its own; a third of the products are not in the assortment of every
second company. Prices are deterministic, so that two runs measure the same. A `lifelike` shop is harder on the database, as real ones are.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256

from backend.catalogue import facets
from backend.catalogue.search import refresh_missing
from backend.core.database import execute, fetch, fetch_value

COLOURS = ["Black", "Navy", "Olive", "Grey"]
SIZES = ["S", "M", "L", "XL", "2XL", "3XL", "4XL", "5XL"]
STYLES = ["Softshell", "Fleece", "Quilted", "Padded", "Thermal", "Insulated", "Waterproof", "Reflective", "Stretch", "Canvas", "Denim",
          "Ripstop", "Merino", "Cotton", "Nitrile", "Leather"]  # fmt: skip
NOUNS = ["jacket", "trousers", "glove", "boot", "polo", "parka", "coverall", "bodywarmer", "waistcoat", "sweatshirt", "helmet", "goggles",
         "socks", "shorts", "overalls", "raincoat"]  # fmt: skip
SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we", "xi", "yo", "zu"]

CONTRACT_EVERY = 5  # companies; the contracts are a tenth of the lists
CONTRACT_PRODUCTS = 20

# Loaded without their indexes, which are made afterwards in one go.
_LARGE = ("price", "assortment_product")


@dataclass(frozen=True, slots=True)
class Size:
    """`lists` counts the price lists beside the default one; each prices every tenth product, the default one all.

    `lifelike`: keys are random, as the product makes them; prices lie list by list as importers write them; some companies have a contract,
    every fourth an assortment of its own, of what its group's list prices; names and descriptions are of many words, and can be searched.
    """

    products: int = 2_000
    variants: int = 12
    lists: int = 200
    companies: int = 5_000
    density: int = 10  # a list prices one product in so many
    lifelike: bool = False

    @property
    def colours(self) -> int:
        return max(2, min(len(COLOURS), self.variants // 3))

    @property
    def contracts(self) -> int:
        return min(self.lists // 10, self.companies // CONTRACT_EVERY) if self.lifelike else 0

    @property
    def price_rows(self) -> int:
        listed = self.lists // self.density + 1
        contracted = self.contracts * min(CONTRACT_PRODUCTS, self.products // self.density)
        return (self.products * listed + contracted) * self.variants


def token_of(company: int) -> str:
    """The token of the buyer of the company with this number, 1 being the first."""
    return f"ls_bench_{company:08d}"


def products_of(size: Size, company: int) -> range:
    """The numbers of the products that the list of this company's group prices; in a lifelike shop the own assortment of every fourth."""
    first = size.density - _list_of(size, company) % size.density
    return range(first, size.products + 1, size.density)


def _list_of(size: Size, company: int) -> int:
    return 1 + company % max(size.lists, 1)


Say = Callable[[str], None]


def silently(_: str) -> None:
    """Say nothing."""


async def build(size: Size, say: Say = silently) -> None:
    """Fills an empty, migrated database; as a superuser, since what holds by construction is not checked row by row."""
    await execute("SET maintenance_work_mem = '1GB'")
    await execute("SET session_replication_role = replica")
    say("companies and products")
    for statement in [*_companies(size), *_catalogue(size)]:
        await execute(statement)
    if size.lifelike:
        await _name_products()
    async with _loaded_without_indexes(say):
        say(f"{size.price_rows:,} prices")
        for statement in [*_assortments(size), *_prices(size)]:
            await execute(statement)
    await execute("SET session_replication_role = origin")
    await facets.refresh_everything()
    if size.lifelike:
        say("search")
        await refresh_missing()
    say("statistics")
    for table in await fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    ):
        await execute(f"VACUUM ANALYZE {table['relname']}")
    await execute("RESET maintenance_work_mem")
    assert await fetch_value("SELECT token_hash FROM session WHERE id = 9000001") == sha256(token_of(1).encode()).digest()


@asynccontextmanager
async def _loaded_without_indexes(say: Say) -> AsyncIterator[None]:
    indexes = await fetch(
        """SELECT i.indrelid::regclass::text AS on_table, c.relname AS name, pg_get_indexdef(i.indexrelid) AS index,
                  k.conname AS constraint_name, pg_get_constraintdef(k.oid) AS constraint
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
        WHERE i.indrelid = ANY($1::text[]::regclass[]) ORDER BY 1, 2""",
        _LARGE,
    )
    for one in indexes:
        drop = f'DROP INDEX "{one["name"]}"'
        if one["constraint"]:
            drop = f'ALTER TABLE {one["on_table"]} DROP CONSTRAINT "{one["constraint_name"]}"'
        await execute(drop)
    yield
    for one in indexes:
        say(f"index {one['name']}")
        make = one["index"]
        if one["constraint"]:
            make = f'ALTER TABLE {one["on_table"]} ADD CONSTRAINT "{one["constraint_name"]}" {one["constraint"]}'
        await execute(make)


def _key(size: Size, kind: int, number: str) -> str:
    """SQL: the key of the thing with this number: random and yet always the same, or counted."""
    if size.lifelike:
        return f"(hashint8extended(({number})::bigint, {kind}) & {2**63 - 1})"
    return f"({kind * 1_000_000}::bigint + {number})"


def _company(size: Size, number: str = "c") -> str:
    return _key(size, 1, number)


def _location(size: Size, number: str = "c") -> str:
    return _key(size, 2, number)


def _user(size: Size, number: str = "c") -> str:
    return _key(size, 3, number)


def product_key(size: Size, number: str = "p") -> str:
    """SQL: the key of the product with this number, 1 being the first."""
    return _key(size, 4, number)


def variant_key(size: Size, product: str = "p", position: str = "i") -> str:
    """SQL: the key of the variant at this position, 0 being the first."""
    key = _key(size, 10, f"({product} - 1) * {size.variants} + {position}")
    return f"(({product_key(size, product)} >> 40 << 40) | ({key} & {2**40 - 1}))" if size.lifelike else key


def _positions(size: Size) -> str:
    """SQL: the variants `i` of a product `p`. It names the product, so that they are written product by product."""
    return f"generate_series(0, {size.variants} - 1 + 0 * p) i"


def _companies(size: Size) -> list[str]:
    count, lists = size.companies, max(size.lists, 1)
    company, location, user = _company(size), _location(size), _user(size)
    everybody = f"FROM generate_series(1, {count}) c"
    return [
        "INSERT INTO seller (id, name, currency, timezone, country, price_strategy, break_scope, stock_display_cap, low_stock_at)"
        " VALUES (1, 'Bench', 'EUR', 'UTC', 'NL', 'PRIORITY', 'VARIANT', 200, 20)",
        "INSERT INTO payment_terms (id, code, name, due_in_days, deposit_percent_e4) VALUES (1, 'NET30', '30 days net', 30, 0)",
        f"INSERT INTO company_group (id, code, name) SELECT 100 + g, 'G' || g, 'Group ' || g FROM generate_series(1, {lists}) g",
        f"""INSERT INTO company (id, number, name, category, payment_terms_id, on_hold, is_active, created_at)
            SELECT {company}, 'C' || c, 'Company ' || c, 'INDEPENDENT_RETAILER', 1, FALSE, TRUE, now() {everybody}""",
        f"""INSERT INTO company_group_member (id, company_id, group_id)
            SELECT {company}, {company}, 100 + 1 + c % {lists} {everybody}""",
        f"""INSERT INTO company_location (id, company_id, number, name, currency, address, billing_address, is_active, created_at)
            SELECT {location}, {company}, 'L' || c, 'Location ' || c, 'EUR', a, a, TRUE, now()
            {everybody}, (SELECT '{{"line1": "Quay 1", "city": "Rotterdam", "country": "NL"}}'::jsonb AS a) a""",
        f"""INSERT INTO user_account (id, email, name, is_active, created_at)
            SELECT {user}, 'buyer' || c || '@bench.example', 'Buyer ' || c, TRUE, now() {everybody}""",
        f"""INSERT INTO member (id, user_id, company_id, role, default_location_id, is_active)
            SELECT {user}, {user}, {company}, 'BUYER', {location}, TRUE {everybody}""",
        f"INSERT INTO member_location (id, member_id, location_id) SELECT {user}, {user}, {location} {everybody}",
        f"""INSERT INTO session (id, family_id, token_hash, user_id, location_id, created_at, expires_at, user_agent, address)
            SELECT 9000000 + c, 9000000 + c, sha256(convert_to('ls_bench_' || lpad(c::text, 8, '0'), 'UTF8')), {user}, {location}, now(),
            now() + interval '365 days', '', '' {everybody}""",
    ]


def _catalogue(size: Size) -> list[str]:
    per_colour = -(-size.variants // size.colours)
    colours = "ARRAY[" + ",".join(f"'{name}'" for name in COLOURS[: size.colours]) + "]"
    sizes = "ARRAY[" + ",".join(f"'{name}'" for name in SIZES[:per_colour]) + "]"
    orders = f"jsonb_build_array(to_jsonb({colours}), to_jsonb({sizes}))"
    product, styles = product_key(size), f"FROM generate_series(1, {size.products}) p"
    return [
        "INSERT INTO brand (id, name, slug) SELECT b, 'Brand ' || b, 'brand-' || b FROM generate_series(1, 20) b",
        "INSERT INTO category (id, name, slug, parent_id, path, position)"
        " SELECT k, 'Category ' || k, 'category-' || k, NULL, ARRAY[k::bigint], k FROM generate_series(1, 8) k",
        "INSERT INTO category (id, name, slug, parent_id, path, position) SELECT 100 + k, 'Shelf ' || k, 'shelf-' || k, 1 + k % 8,"
        " ARRAY[(1 + k % 8)::bigint, (100 + k)::bigint], k FROM generate_series(1, 40) k",
        f"""INSERT INTO product (id, slug, name, description_html, description, brand_id, tax_class, option_names, option_values, is_active,
                created_at, updated_at)
            SELECT {product}, 'style-' || p, 'Style ' || lpad(p::text, 6, '0'), '<p>A style.</p>', 'A style.', 1 + p % 20, 'STANDARD',
                ARRAY['Colour', 'Size'], {orders}, TRUE, now() - p * interval '1 minute', now() {styles} ORDER BY 1""",
        f"INSERT INTO product_category (id, product_id, category_id, position) SELECT p, {product}, 101 + p % 40, 0 {styles}",
        f"""INSERT INTO asset (id, product_id, kind, url, alt, width, height, position)
            SELECT p, {product}, 'IMAGE', '/pictures/style-' || p || '.svg', 'Style', 400, 400, 0 {styles}""",
        f"""INSERT INTO variant (id, product_id, sku, sku_key, name, option_values, position, minimum, increment, sells_without_stock, is_active)
            SELECT {variant_key(size)}, {product}, 'ST' || p || '-' || i, 'ST' || p || i, 'Style ' || p || ' ' || i,
                ARRAY[({colours})[1 + i / {per_colour}], ({sizes})[1 + i % {per_colour}]], i, 1, 1, FALSE, TRUE
            {styles}, {_positions(size)}""",
        "INSERT INTO warehouse (id, code, name, position) VALUES (1, 'MAIN', 'Main', 0), (2, 'NORTH', 'North', 1)",
        f"""INSERT INTO stock (variant_id, warehouse_id, on_hand, reserved)
            SELECT v, w, (v % 1000003 * 7919 % 300)::int, 0
            FROM generate_series(1, 2) w, generate_series(1, {size.products} + 0 * w) p, {_positions(size)},
                 LATERAL (SELECT {variant_key(size)} AS v) k WHERE w = 1 OR v % 3 = 0""",
        "INSERT INTO tax_rate (id, country, tax_class, name, rate_e4) VALUES (1, 'NL', 'STANDARD', 'VAT 21 %', 210000)",
    ]


async def _name_products() -> None:
    """Names, and descriptions of words of which there are thousands, as in a real catalogue; "style" is in all of them."""
    await execute(
        "UPDATE product SET name = ($1::text[])[1 + id % $2] || ' ' || ($3::text[])[1 + id / $2 % $4] || ' ' || id % 1000",
        STYLES, len(STYLES), NOUNS, len(NOUNS),
    )  # fmt: skip
    await execute(
        """UPDATE product SET description = 'A style. ' || (
            SELECT string_agg(($1::text[])[1 + n * w % 20] || ($1::text[])[1 + n / 20 * w % 20]
                || ($1::text[])[1 + n / 400 * w % 20] || ($1::text[])[1 + (n + w) % 20], ' ')
            FROM generate_series(1, 12) w, LATERAL (SELECT product.id % 1000003 AS n) k)""",
        SYLLABLES,
    )
    await execute("VACUUM FULL product")


def _assortments(size: Size) -> Sequence[str]:
    """Written one by one, as a change of rules writes them: whose rows lie together."""
    company = _company(size)
    shared = [
        "INSERT INTO assortment (id, code, name, is_default) VALUES (1, 'all', 'All', TRUE), (2, 'part', 'Part', FALSE)",
        "INSERT INTO assortment_rule (id, assortment_id, includes) VALUES (1, 1, TRUE)",
        f"""INSERT INTO assortment_assignment (id, assortment_id, company_id)
            SELECT c, 2, {company} FROM generate_series(1, {size.companies}) c WHERE c % 2 = 0""",
        """INSERT INTO assortment_product (assortment_id, product_id, name)
            SELECT 1, id, name FROM product UNION ALL SELECT 2, id, name FROM product WHERE id % 3 <> 0""",
    ]
    own = [
        f"""INSERT INTO assortment (id, code, name, is_default)
            SELECT 100 + l, 'own-' || l, 'Own ' || l, FALSE FROM generate_series(1, {size.lists}) l""",
        f"""INSERT INTO assortment_assignment (id, assortment_id, company_id)
            SELECT c, 100 + 1 + c % {max(size.lists, 1)}, {company} FROM generate_series(3, {size.companies}, 4) c""",
        f"""INSERT INTO assortment_product (assortment_id, product_id, name)
            SELECT 100 + l, p.id, p.name FROM generate_series(1, {size.lists}) l
            CROSS JOIN LATERAL (SELECT {product_key(size)} AS id FROM {_listed(size)}) o JOIN product p ON p.id = o.id
            ORDER BY 1, 2""",
    ]
    return [*shared, *own] if size.lifelike else shared


def _listed(size: Size) -> str:
    """SQL: the products `p` that the list `l` prices, and their variants `i` where those are asked for, in the order of numbers."""
    return f"generate_series({size.density} - l % {size.density}, {size.products}, {size.density}) p"


def _prices(size: Size) -> list[str]:
    lists, position = size.lists, _positions(size)
    base = f"LATERAL (SELECT {variant_key(size)} AS v) keyed, LATERAL (SELECT 50000 + (v % 1000003 * 104729) % 9000 * 100 AS x) t"
    contract_products = f"p <= {CONTRACT_PRODUCTS * size.density}"
    return [
        "INSERT INTO price_list (id, code, name, currency, priority, is_contract, is_default, mergeable, is_active)"
        " VALUES (1, 'default', 'List prices', 'EUR', 1000, FALSE, TRUE, TRUE, TRUE)",
        f"""INSERT INTO price_list (id, code, name, currency, priority, is_contract, is_default, mergeable, is_active)
            SELECT 100 + l, 'list-' || l, 'List ' || l, 'EUR', 10 + l % 50, FALSE, FALSE, TRUE, TRUE FROM generate_series(1, {lists}) l""",
        f"INSERT INTO price_list_assignment (id, price_list_id, group_id) SELECT l, 100 + l, 100 + l FROM generate_series(1, {lists}) l",
        f"""INSERT INTO price_list (id, code, name, currency, priority, is_contract, is_default, mergeable, is_active)
            SELECT 1000000 + k, 'contract-' || k, 'Contract ' || k, 'EUR', 1, TRUE, FALSE, TRUE, TRUE FROM generate_series(1, {size.contracts}) k""",
        f"""INSERT INTO price_list_assignment (id, price_list_id, company_id)
            SELECT 1000000 + k, 1000000 + k, {_company(size, f"{CONTRACT_EVERY} * k")} FROM generate_series(1, {size.contracts}) k""",
        f"""INSERT INTO price (variant_id, price_list_id, valid_from, quantities, amounts_e4)
            SELECT v, 1, DATE '0001-01-01', ARRAY[1, 12, 48], ARRAY[x, x * 95 / 10000 * 100, x * 90 / 10000 * 100]
            FROM generate_series(1, {size.products}) p, {position}, {base}""",
        f"""INSERT INTO price (variant_id, price_list_id, valid_from, quantities, amounts_e4)
            SELECT v, 100 + l, DATE '0001-01-01', ARRAY[1, 24], ARRAY[x * 92 / 10000 * 100, x * 85 / 10000 * 100]
            FROM generate_series(1, {lists}) l, {_listed(size)}, {position}, {base}""",
        f"""INSERT INTO price (variant_id, price_list_id, valid_from, quantities, amounts_e4)
            SELECT v, 1000000 + k, DATE '0001-01-01', ARRAY[1], ARRAY[x * 80 / 10000 * 100]
            FROM generate_series(1, {size.contracts}) k, LATERAL (SELECT 1 + {CONTRACT_EVERY} * k % {max(lists, 1)} AS l) g,
                 {_listed(size)}, {position}, {base} WHERE {contract_products}""",
    ]
