"""What can be done about companies and people: `sessions` (signing in and out), `passwords`, `members` and `accounts` (the seller's side)."""
