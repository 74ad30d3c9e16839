"""Price lists, quantity breaks, contract prices and tax rates -> one price for a viewer, and why."""
