"""The house checks itself: locks, schema, migrations, imports, embedded servers."""
