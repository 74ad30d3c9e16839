"""Linesheet's server: the rooms of the business, the GraphQL API over them, and what runs both."""
