"""Who can sign in to the demo, and with what. Production refuses to start while this password opens any account."""

from backend.companies.rules import DEMO_PASSWORD

PASSWORD = DEMO_PASSWORD

# Address, and what a visitor finds there.
LOGINS: tuple[tuple[str, str], ...] = (
    ("buyer@demo.example", "buys for Harbour Workwear, two locations"),
    ("approver@demo.example", "approves for Harbour Workwear"),
    ("companyadmin@demo.example", "keeps the members of Harbour Workwear"),
    ("buyer2@demo.example", "buys for another company: other products, prices and currency"),
    ("rep@demo.example", "sales representative"),
    ("rep2@demo.example", "sales representative with other customers"),
    ("manager@demo.example", "sales manager"),
    ("marketing@demo.example", "catalogue and promotions"),
    ("warehouse@demo.example", "stock and shipping"),
    ("finance@demo.example", "credit and payments"),
    ("admin@demo.example", "everything"),
)
