"""Makers of rows for tests, one file per room. They write by the models, so that a test starts from a state and not from a story."""
