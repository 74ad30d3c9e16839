"""The demo: a distributor of workwear and footwear, made by the same actions that the API calls."""
