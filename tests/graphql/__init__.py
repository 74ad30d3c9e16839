"""The engine room, tested over small schemas of its own; no business noun, mostly no database."""
