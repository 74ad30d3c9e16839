"""Data that comes and goes in files: products as Shopify exports them, prices, stock and customers. It writes by the same actions as the API."""
