"""What was agreed: orders, the moves that they make, and ordering the same again."""
