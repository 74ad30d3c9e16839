"""Brands, categories, products, variants, packs, assets, and the assortments that say who may see them."""
