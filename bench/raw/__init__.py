"""The raw SQL endpoint: answers the hot operations as the API does, byte for byte, each by one statement that builds the JSON text.

The measure of what PostgreSQL and HTTP cost by themselves. It authenticates a buyer, applies her assortments and prices, checks and writes
what the API checks and writes; each file says what it leaves out. Tests compare the bytes, and what is stored afterwards.
"""
