"""The graph: one file per noun with its types, queries and mutations; resolvers of one to five lines that call a room."""
