"""How fast it is, beside one SQL statement that answers the same bytes. Commands of their own, not part of the tests' promises."""
