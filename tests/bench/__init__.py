"""The bench measures what it says: its raw endpoint answers the API's bytes."""
