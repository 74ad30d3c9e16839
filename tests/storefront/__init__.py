"""The storefront over an API that gives prepared answers: what it sends, what it shows, what it refuses."""
