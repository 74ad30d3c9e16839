"""What this viewer can buy, at what price, from what stock: the hot reads that join the rooms below in a few statements."""
