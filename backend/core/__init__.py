"""Words that every room shares: money, viewer, errors, clock, database, events, cache. Imports no room."""
