"""Warehouses, stock, reservations and arrivals; the only writer of stock."""
