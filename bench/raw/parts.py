"""Pieces of SQL that the raw statements share: who is asking, what reaches her, at what price, and how that is written as JSON.

Known are the strategy PRIORITY and currencies with cents: what the bench's data holds.
"""


def text(value: str) -> str:
    return f"to_json({value})::text"


def amount(minor: str) -> str:
    """A total in minor units as an object, null where it is null."""
    return (
        f"""coalesce('{{"amount":"' || {minor} / 100 || '.' || lpad(({minor} % 100)::text, 2, '0')"""
        """ || '","currency":"' || viewer.currency || '"}', 'null')"""
    )


def decimal(minor: str) -> str:
    """A total as it stands in a sentence."""
    return f"({minor} / 100 || '.' || lpad(({minor} % 100)::text, 2, '0'))"


def money(e4: str) -> str:
    """A unit price in ten-thousandths as an object, null where it is null."""
    decimals = f"lpad(({e4} / 100 % 100)::text, 2, '0')"
    fractions = f"rtrim(lpad(({e4} % 10000)::text, 4, '0'), '0')"
    return (
        f"""coalesce('{{"amount":"' || {e4} / 10000 || '.' || CASE WHEN {e4} % 100 = 0 THEN {decimals} ELSE {fractions} END"""
        """ || '","currency":"' || viewer.currency || '"}', 'null')"""
    )


VIEWER = """
viewer AS MATERIALIZED (
    SELECT u.id AS user_id, u.name AS user_name, c.id AS company_id, c.on_hold, l.id AS location_id, l.name AS place,
           l.address ->> 'country' AS country, l.currency, w.stock_display_cap AS cap, w.low_stock_at AS low_at,
           (now() AT TIME ZONE w.timezone)::date AS today,
           ARRAY(SELECT g.group_id FROM company_group_member g WHERE g.company_id = c.id) AS groups
    FROM session s JOIN user_account u ON u.id = s.user_id AND u.is_active
    JOIN company_location l ON l.id = s.location_id AND l.is_active JOIN company c ON c.id = l.company_id AND c.is_active
    JOIN member m ON m.user_id = u.id AND m.company_id = c.id AND m.is_active CROSS JOIN seller w
    WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > now() AND u.staff_role IS NULL
      AND (m.role = 'COMPANY_ADMIN' OR EXISTS (SELECT FROM member_location x WHERE x.member_id = m.id AND x.location_id = l.id))
    LIMIT 1
)"""

SCOPE = """
assortments AS MATERIALIZED (
    SELECT coalesce(array_agg(id) FILTER (WHERE assigned), array_agg(id)) AS ids FROM (
        SELECT a.id, bool_or(x.id IS NOT NULL) AS assigned FROM viewer, assortment a LEFT JOIN assortment_assignment x ON x.assortment_id = a.id
            AND (x.company_id = (SELECT company_id FROM viewer) OR x.location_id = (SELECT location_id FROM viewer)
                 OR x.group_id = ANY((SELECT groups FROM viewer)::bigint[]))
        WHERE a.is_default OR x.id IS NOT NULL GROUP BY a.id) a
), lists AS MATERIALIZED (
    SELECT l.id, l.is_default, CASE WHEN l.is_contract THEN 'CONTRACT' WHEN x.place THEN 'LOCATION_PRICE_LIST' WHEN x.company THEN 'COMPANY_PRICE_LIST'
               WHEN x.assigned THEN 'GROUP_PRICE_LIST' ELSE 'DEFAULT_PRICE_LIST' END AS source, row_number() OVER (
               ORDER BY NOT l.is_contract, l.is_default, l.priority, CASE WHEN l.is_contract THEN 3 WHEN x.place THEN 0 WHEN x.company THEN 1 ELSE 2 END, l.id
           ) AS rank
    FROM viewer, LATERAL (
        SELECT price_list_id AS id, TRUE AS assigned, bool_or(x.location_id IS NOT NULL) AS place, bool_or(x.company_id IS NOT NULL) AS company
        FROM price_list_assignment x WHERE x.company_id = viewer.company_id OR x.location_id = viewer.location_id OR x.group_id = ANY(viewer.groups)
        GROUP BY price_list_id UNION ALL SELECT id, FALSE, FALSE, FALSE FROM price_list WHERE is_default
    ) x JOIN price_list l ON l.id = x.id
    WHERE l.is_active AND l.currency = viewer.currency AND (l.valid_from IS NULL OR l.valid_from <= viewer.today)
      AND (l.valid_to IS NULL OR l.valid_to >= viewer.today)
)"""

VISIBLE = """(v.is_active AND EXISTS (SELECT 1 FROM assortment_product ap WHERE ap.product_id = v.product_id
    AND ap.assortment_id = ANY((SELECT ids FROM assortments)::bigint[]) AND (ap.variant_ids IS NULL OR v.id = ANY(ap.variant_ids))))"""

IMAGE = f"""
coalesce((SELECT '{{"url":' || {text("url")} || ',"thumbnailUrl":' || coalesce({text("thumbnail_url")}, 'null') || ',"alt":' || {text("alt")}
    || ',"width":' || coalesce(width::text, 'null') || ',"height":' || coalesce(height::text, 'null') || '}}'
    FROM asset WHERE product_id = p.id AND kind = 'IMAGE' ORDER BY position, id LIMIT 1), 'null')
"""

# Of `seen`, the visible variants: what each list asks, and the one that decides.
OFFERS = """
offer AS MATERIALIZED (
    SELECT DISTINCT ON (x.variant_id, x.price_list_id) x.variant_id, x.price_list_id, x.quantities, x.amounts_e4
    FROM seen v JOIN price x ON x.variant_id = v.id AND x.price_list_id = ANY(ARRAY(SELECT id FROM lists))
        AND x.valid_from <= (SELECT today FROM viewer) AND (x.valid_to IS NULL OR x.valid_to >= (SELECT today FROM viewer))
    ORDER BY x.variant_id, x.price_list_id, x.valid_from DESC
), price_now AS MATERIALIZED (
    SELECT DISTINCT ON (o.variant_id) o.variant_id, o.quantities, o.amounts_e4, l.source FROM offer o JOIN lists l ON l.id = o.price_list_id
    ORDER BY o.variant_id, l.rank
)"""

STOCKED = """
stocked AS MATERIALIZED (
    SELECT s.variant_id, sum(s.on_hand - s.reserved)::int AS available FROM stock s WHERE s.variant_id = ANY(ARRAY(SELECT id FROM seen)) GROUP BY 1
)"""
