"""The engine room: runs GraphQL operations over HTTP, bounded, cached and compiled. Knows no business noun."""
