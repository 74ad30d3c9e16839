"""Many at once: what is scarce is given out once."""
