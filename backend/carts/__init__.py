"""What a buyer intends: carts, lines, the grid's quantities, order minimums and shipping methods."""
