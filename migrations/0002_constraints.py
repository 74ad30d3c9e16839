"""What the generated migration cannot say: CHECKs, exclusions, partial and expression indexes, and foreign keys that make a circle."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# Each statement stands alone; names are looked for by tests/house.
STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "ALTER TABLE seller ADD CONSTRAINT seller_strategy CHECK (price_strategy IN ('PRIORITY', 'LOWEST', 'MERGE'))",
    "ALTER TABLE seller ADD CONSTRAINT seller_break_scope CHECK (break_scope IN ('VARIANT', 'PRODUCT', 'GROUP'))",
    "ALTER TABLE company ADD CONSTRAINT company_strategy CHECK (price_strategy IN ('PRIORITY', 'LOWEST', 'MERGE'))",
    "ALTER TABLE credit_account ADD CONSTRAINT credit_never_oversold CHECK (taken_minor BETWEEN 0 AND ceiling_minor)",
    "ALTER TABLE credit_account ADD CONSTRAINT credit_ceiling CHECK (limit_minor >= 0 AND ceiling_minor >= limit_minor)",
    "CREATE UNIQUE INDEX session_token ON session (token_hash)",
    "CREATE UNIQUE INDEX password_token_token ON password_token (token_hash)",
    "ALTER TABLE user_account ADD CONSTRAINT user_email_lower CHECK (email = lower(email))",
    "ALTER TABLE variant ADD CONSTRAINT variant_rule CHECK (minimum >= 1 AND increment >= 1 AND (maximum IS NULL OR maximum >= minimum))",
    "ALTER TABLE variant ADD CONSTRAINT variant_cost CHECK (cost_e4 >= 0)",
    "ALTER TABLE pack ADD CONSTRAINT pack_units CHECK (units >= 1)",
    "ALTER TABLE pack_content ADD CONSTRAINT pack_content_quantity CHECK (quantity >= 1 AND variant_id <> component_id)",
    "ALTER TABLE assortment_rule ADD CONSTRAINT assortment_rule_one_target CHECK (num_nonnulls(brand_id, category_id, product_id, variant_id) <= 1)",
    "ALTER TABLE assortment_assignment ADD CONSTRAINT assortment_assignment_one CHECK (num_nonnulls(company_id, group_id, location_id) = 1)",
    "CREATE UNIQUE INDEX assortment_one_default ON assortment (is_default) WHERE is_default",
    "CREATE UNIQUE INDEX assortment_assignment_unique ON assortment_assignment (assortment_id, company_id, group_id, location_id) NULLS NOT DISTINCT",
    "ALTER TABLE price_list_assignment ADD CONSTRAINT price_list_assignment_one CHECK (num_nonnulls(company_id, group_id, location_id) = 1)",
    "CREATE UNIQUE INDEX price_list_assignment_unique ON price_list_assignment (price_list_id, company_id, group_id, location_id) NULLS NOT DISTINCT",
    "ALTER TABLE price_list ADD CONSTRAINT price_list_dates CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from)",
    "ALTER TABLE price ADD CONSTRAINT price_dates CHECK (valid_to IS NULL OR valid_to >= valid_from)",
    "ALTER TABLE price ADD CONSTRAINT price_breaks CHECK (cardinality(quantities) >= 1 AND cardinality(quantities) = cardinality(amounts_e4)"
    " AND 0 < ALL (quantities) AND 0 <= ALL (amounts_e4))",
    "ALTER TABLE tax_rate ADD CONSTRAINT tax_rate_range CHECK (rate_e4 BETWEEN 0 AND 1000000)",
    "ALTER TABLE stock ADD CONSTRAINT stock_never_oversold CHECK (reserved >= 0 AND reserved <= on_hand)",
    "ALTER TABLE reservation ADD CONSTRAINT reservation_quantity CHECK (quantity > 0)",
    "ALTER TABLE arrival ADD CONSTRAINT arrival_quantity CHECK (quantity > 0)",
    "CREATE UNIQUE INDEX cart_one_open ON cart (user_id, location_id) WHERE is_open",
    "ALTER TABLE cart_line ADD CONSTRAINT cart_line_quantity CHECK (quantity BETWEEN 1 AND 1000000)",
    "CREATE UNIQUE INDEX cart_line_identity ON cart_line"
    " (cart_id, variant_id, pack_code, ship_to_id, requested_ship_date, cancel_date) NULLS NOT DISTINCT",
    "ALTER TABLE order_minimum ADD CONSTRAINT order_minimum_one CHECK (num_nonnulls(company_id, group_id, location_id) <= 1)",
    "CREATE UNIQUE INDEX order_minimum_unique ON order_minimum (currency, company_id, group_id, location_id) NULLS NOT DISTINCT",
    "ALTER TABLE customer_order ADD CONSTRAINT order_status CHECK (status IN"
    " ('PENDING_APPROVAL', 'RECEIVED', 'IN_REVIEW', 'AWAITING_PAYMENT', 'CONFIRMED', 'COMPLETED', 'CANCELLED', 'REJECTED'))",
    "ALTER TABLE customer_order ADD CONSTRAINT order_money CHECK (subtotal_minor >= 0 AND discount_minor >= 0 AND credit_minor >= 0)",
    "CREATE INDEX order_placed ON customer_order (placed_at DESC, id DESC)",
    "ALTER TABLE order_line ADD CONSTRAINT order_line_quantities CHECK"
    " (quantity > 0 AND shipped >= 0 AND invoiced >= 0 AND cancelled >= 0 AND backordered >= 0 AND shipped + cancelled <= quantity)",
    "CREATE INDEX product_name ON product (name, id) WHERE is_active",
    "CREATE INDEX product_newest ON product (created_at DESC, id DESC) WHERE is_active",
)


class Migration(migrations.Migration):
    dependencies = [("linesheet", "0001_initial")]

    operations = [ops.RunSQL(list(STATEMENTS), reverse_sql=ops.RunSQL.noop)]
