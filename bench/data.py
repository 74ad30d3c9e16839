"""Builds a shop of any size straight in PostgreSQL, with `generate_series`: 2,000 products x 12 variants take some seconds, 500,000 variants minutes.

Every company has one location, one buyer, one list of its own group and, one in ten, a contract; a third of the products are not in the
assortment of every second company. Prices are deterministic, so that two runs measure the same.
"""

from dataclasses import dataclass
from hashlib import sha256

from backend.core.database import execute, fetch_value

COLOURS = ["Black", "Navy", "Olive", "Grey"]
SIZES = ["S", "M", "L", "XL", "2XL", "3XL", "4XL", "5XL"]


@dataclass(frozen=True, slots=True)
class Size:
    """`lists` counts the price lists beside the default one; each prices every tenth product, the default one all."""

    products: int = 2_000
    variants: int = 12
    lists: int = 200
    companies: int = 5_000
    density: int = 10  # a list prices one product in so many

    @property
    def colours(self) -> int:
        return max(2, min(len(COLOURS), self.variants // 3))


def token_of(company: int) -> str:
    """The token of the buyer of the company with this number, 1 being the first."""
    return f"ls_bench_{company:08d}"


async def build(size: Size) -> None:
    """Fills an empty, migrated database."""
    per_colour = -(-size.variants // size.colours)
    for statement in _statements(size, per_colour):
        await execute(statement)
    await execute(
        "INSERT INTO session (id, token_hash, user_id, location_id, created_at, expires_at, user_agent, address)"
        " SELECT 9000000 + c, sha256(convert_to('ls_bench_' || lpad(c::text, 8, '0'), 'UTF8')), 3000000 + c, 2000000 + c, now(),"
        " now() + interval '365 days', '', '' FROM generate_series(1, $1::int) c",
        size.companies,
    )
    for table in (
        "product",
        "variant",
        "price",
        "stock",
        "assortment_product",
        "product_category",
        "asset",
        "company",
        "company_location",
    ):
        await execute(f"VACUUM ANALYZE {table}")
    assert await fetch_value("SELECT token_hash FROM session WHERE id = 9000001") == sha256(token_of(1).encode()).digest()


def _statements(size: Size, per_colour: int) -> list[str]:
    colours = "ARRAY[" + ",".join(f"'{name}'" for name in COLOURS[: size.colours]) + "]"
    sizes = "ARRAY[" + ",".join(f"'{name}'" for name in SIZES[:per_colour]) + "]"
    orders = f"jsonb_build_array(to_jsonb({colours}), to_jsonb({sizes}))"
    p, v, c, lists = size.products, size.variants, size.companies, size.lists
    return [
        "INSERT INTO seller (id, name, currency, timezone, country, price_strategy, break_scope, stock_display_cap, low_stock_at)"
        " VALUES (1, 'Bench', 'EUR', 'UTC', 'NL', 'PRIORITY', 'VARIANT', 200, 20)",
        "INSERT INTO payment_terms (id, code, name, due_in_days, deposit_percent_e4) VALUES (1, 'NET30', '30 days net', 30, 0)",
        f"INSERT INTO company_group (id, code, name) SELECT 100 + g, 'G' || g, 'Group ' || g FROM generate_series(1, {max(lists, 1)}) g",
        f"""INSERT INTO company (id, number, name, category, payment_terms_id, on_hold, is_active, created_at)
            SELECT 1000000 + c, 'C' || c, 'Company ' || c, 'INDEPENDENT_RETAILER', 1, FALSE, TRUE, now() FROM generate_series(1, {c}) c""",
        f"""INSERT INTO company_group_member (id, company_id, group_id)
            SELECT 1000000 + c, 1000000 + c, 100 + 1 + c % {max(lists, 1)} FROM generate_series(1, {c}) c""",
        f"""INSERT INTO company_location (id, company_id, number, name, currency, address, billing_address, is_active, created_at)
            SELECT 2000000 + c, 1000000 + c, 'L' || c, 'Location ' || c, 'EUR', a, a, TRUE, now()
            FROM generate_series(1, {c}) c, (SELECT '{{"line1": "Quay 1", "city": "Rotterdam", "country": "NL"}}'::jsonb AS a) a""",
        f"""INSERT INTO user_account (id, email, name, is_active, created_at)
            SELECT 3000000 + c, 'buyer' || c || '@bench.example', 'Buyer ' || c, TRUE, now() FROM generate_series(1, {c}) c""",
        f"""INSERT INTO member (id, user_id, company_id, role, default_location_id, is_active)
            SELECT 3000000 + c, 3000000 + c, 1000000 + c, 'BUYER', 2000000 + c, TRUE FROM generate_series(1, {c}) c""",
        f"""INSERT INTO member_location (id, member_id, location_id)
            SELECT 3000000 + c, 3000000 + c, 2000000 + c FROM generate_series(1, {c}) c""",
        "INSERT INTO brand (id, name, slug) SELECT b, 'Brand ' || b, 'brand-' || b FROM generate_series(1, 20) b",
        "INSERT INTO category (id, name, slug, parent_id, path, position)"
        " SELECT k, 'Category ' || k, 'category-' || k, NULL, ARRAY[k::bigint], k FROM generate_series(1, 8) k",
        "INSERT INTO category (id, name, slug, parent_id, path, position) SELECT 100 + k, 'Shelf ' || k, 'shelf-' || k, 1 + k % 8,"
        " ARRAY[(1 + k % 8)::bigint, (100 + k)::bigint], k FROM generate_series(1, 40) k",
        f"""INSERT INTO product (id, slug, name, description_html, description, brand_id, tax_class, option_names, option_values, is_active,
                created_at, updated_at)
            SELECT 4000000 + p, 'style-' || p, 'Style ' || lpad(p::text, 6, '0'), '<p>A style.</p>', 'A style.', 1 + p % 20, 'STANDARD',
                ARRAY['Colour', 'Size'], {orders}, TRUE, now() - p * interval '1 minute', now() FROM generate_series(1, {p}) p""",
        f"""INSERT INTO product_category (id, product_id, category_id, position)
            SELECT p, 4000000 + p, 101 + p % 40, 0 FROM generate_series(1, {p}) p""",
        f"""INSERT INTO asset (id, product_id, kind, url, alt, width, height, position)
            SELECT p, 4000000 + p, 'IMAGE', '/pictures/style-' || p || '.svg', 'Style', 400, 400, 0 FROM generate_series(1, {p}) p""",
        f"""INSERT INTO variant (id, product_id, sku, sku_key, name, option_values, position, minimum, increment, sells_without_stock, is_active)
            SELECT 10000000 + (p - 1) * {v} + i, 4000000 + p, 'ST' || p || '-' || i, 'ST' || p || i, 'Style ' || p || ' ' || i,
                ARRAY[({colours})[1 + i / {per_colour}], ({sizes})[1 + i % {per_colour}]], i, 1, 1, FALSE, TRUE
            FROM generate_series(1, {p}) p, generate_series(0, {v} - 1) i""",
        "INSERT INTO warehouse (id, code, name, position) VALUES (1, 'MAIN', 'Main', 0), (2, 'NORTH', 'North', 1)",
        """INSERT INTO stock (variant_id, warehouse_id, on_hand, reserved)
            SELECT v.id, w.id, ((v.id * 7919) % 300)::int, 0 FROM variant v, warehouse w WHERE w.id = 1 OR v.id % 3 = 0""",
        "INSERT INTO assortment (id, code, name, is_default) VALUES (1, 'all', 'All', TRUE), (2, 'part', 'Part', FALSE)",
        "INSERT INTO assortment_rule (id, assortment_id, includes) VALUES (1, 1, TRUE)",
        f"""INSERT INTO assortment_assignment (id, assortment_id, company_id)
            SELECT c, 2, 1000000 + c FROM generate_series(1, {c}) c WHERE c % 2 = 0""",
        """INSERT INTO assortment_product (assortment_id, product_id)
            SELECT 1, id FROM product UNION ALL SELECT 2, id FROM product WHERE id % 3 <> 0""",
        "INSERT INTO price_list (id, code, name, currency, priority, is_contract, is_default, mergeable, is_active)"
        " VALUES (1, 'default', 'List prices', 'EUR', 1000, FALSE, TRUE, TRUE, TRUE)",
        f"""INSERT INTO price_list (id, code, name, currency, priority, is_contract, is_default, mergeable, is_active)
            SELECT 100 + l, 'list-' || l, 'List ' || l, 'EUR', 10 + l % 50, FALSE, FALSE, TRUE, TRUE FROM generate_series(1, {lists}) l""",
        f"""INSERT INTO price_list_assignment (id, price_list_id, group_id)
            SELECT l, 100 + l, 100 + l FROM generate_series(1, {lists}) l""",
        """INSERT INTO price (variant_id, price_list_id, valid_from, quantities, amounts_e4)
            SELECT v.id, 1, DATE '0001-01-01', ARRAY[1, 12, 48], ARRAY[x, x * 95 / 10000 * 100, x * 90 / 10000 * 100]
            FROM variant v, LATERAL (SELECT 50000 + (v.id * 104729) % 9000 * 100 AS x) t""",
        f"""INSERT INTO price (variant_id, price_list_id, valid_from, quantities, amounts_e4)
            SELECT v.id, 100 + l, DATE '0001-01-01', ARRAY[1, 24], ARRAY[x * 92 / 10000 * 100, x * 85 / 10000 * 100]
            FROM generate_series(1, {lists}) l
            JOIN variant v ON (v.product_id + l) % {size.density} = 0, LATERAL (SELECT 50000 + (v.id * 104729) % 9000 * 100 AS x) t""",
        """INSERT INTO tax_rate (id, country, tax_class, name, rate_e4) VALUES (1, 'NL', 'STANDARD', 'VAT 21 %', 210000)""",
    ]
