"""The compiled executor against graphql-core: the same operations, the same data and the same errors."""
