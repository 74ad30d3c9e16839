"""The tests: rules, API, races, journeys, storefront, and the house itself."""
