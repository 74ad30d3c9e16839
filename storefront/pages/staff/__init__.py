"""The seller's own pages: what there is to do today, products, stock, companies, price lists, assortments and people."""

from __future__ import annotations

from starlette.routing import Route

from storefront.pages import members
from storefront.pages.staff import assortments, companies, people, places, prices, products, start, stock

__all__ = ["ROUTES", "start"]

ROUTES = [
    Route("/products", products.show_all),
    Route("/products/new", products.show_new, methods=["GET"]),
    Route("/products/new", products.create, methods=["POST"]),
    Route("/products/{id}", products.show, methods=["GET"]),
    Route("/products/{id}", products.save, methods=["POST"]),
    Route("/stock", stock.show, methods=["GET"]),
    Route("/stock", stock.save, methods=["POST"]),
    Route("/companies", companies.show_all),
    Route("/companies/new", companies.show_new, methods=["GET"]),
    Route("/companies/new", companies.create, methods=["POST"]),
    Route("/companies/{company}", companies.show, methods=["GET"]),
    Route("/companies/{company}", companies.change, methods=["POST"]),
    Route("/companies/{company}/locations/new", places.show_new, methods=["GET"]),
    Route("/companies/{company}/locations/new", places.create, methods=["POST"]),
    Route("/companies/{company}/locations/{id}", places.show, methods=["GET"]),
    Route("/companies/{company}/locations/{id}", places.save, methods=["POST"]),
    Route("/companies/{company}/members/new", members.show_invitation, methods=["GET"]),
    Route("/companies/{company}/members/new", members.invite, methods=["POST"]),
    Route("/companies/{company}/members/{id}", members.show, methods=["GET"]),
    Route("/companies/{company}/members/{id}", members.change, methods=["POST"]),
    Route("/assortments", assortments.show_all),
    Route("/assortments/new", assortments.show_new, methods=["GET"]),
    Route("/assortments/new", assortments.create, methods=["POST"]),
    Route("/assortments/{id}", assortments.show, methods=["GET"]),
    Route("/assortments/{id}", assortments.change, methods=["POST"]),
    Route("/people", people.show_all),
    Route("/people/new", people.show_invitation, methods=["GET"]),
    Route("/people/new", people.invite, methods=["POST"]),
    Route("/people/{id}", people.show, methods=["GET"]),
    Route("/people/{id}", people.change, methods=["POST"]),
    Route("/price-lists", prices.show_all),
    Route("/price-lists/new", prices.show_new, methods=["GET"]),
    Route("/price-lists/new", prices.create, methods=["POST"]),
    Route("/price-lists/{id}", prices.show, methods=["GET"]),
    Route("/price-lists/{id}", prices.change, methods=["POST"]),
    Route("/price-lists/{id}/price", prices.show_price, methods=["GET"]),
    Route("/price-lists/{id}/price", prices.set_price, methods=["POST"]),
]
