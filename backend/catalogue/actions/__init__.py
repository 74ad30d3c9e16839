"""What the seller can do with her catalogue. Whatever changes what somebody sees, refreshes what each assortment shows in the same transaction."""

from backend.catalogue.actions.assortments import (
    assign_assortment,
    delete_assortment,
    save_assortment,
    unassign_assortment,
)
from backend.catalogue.actions.brands import delete_brand, save_brands, update_brand
from backend.catalogue.actions.categories import delete_category, save_categories, update_category
from backend.catalogue.actions.customer_skus import set_customer_skus
from backend.catalogue.actions.products import rename_product, save_products, update_variants

__all__ = [
    "assign_assortment",
    "delete_assortment",
    "delete_brand",
    "delete_category",
    "rename_product",
    "save_assortment",
    "save_brands",
    "save_categories",
    "save_products",
    "set_customer_skus",
    "unassign_assortment",
    "update_brand",
    "update_category",
    "update_variants",
]
