"""The pages a buyer works in: a thin client of the GraphQL API that imports nothing from the back end."""
