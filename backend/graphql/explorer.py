"""GraphiQL for developers, served from our own files: nothing is loaded from elsewhere, under a strict content security policy."""

from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

FILES = Path(__file__).parent / "static"
FILES_PATH = "/graphql/explorer"
# GraphiQL's editor writes style attributes; nothing else is allowed that a page of our own would not need.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="Ask the Linesheet API: its whole schema, with completion and an answer beside each question.">
<title>Linesheet API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{files}/graphiql.min.css">
<link rel="stylesheet" href="{files}/explorer.css">
</head>
<body>
<main id="explorer" data-endpoint="{endpoint}">The explorer needs JavaScript.</main>
<script src="{files}/react.production.min.js"></script>
<script src="{files}/react-dom.production.min.js"></script>
<script src="{files}/graphiql.min.js"></script>
<script src="{files}/explorer.js"></script>
</body>
</html>
"""


def explorer_page(endpoint: str) -> HTMLResponse:
    """The page, asking the endpoint at this path."""
    page = PAGE.format(endpoint=escape(endpoint), files=FILES_PATH)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


def explorer_files() -> Mount:
    """The route under which the page finds its files."""
    return Mount(FILES_PATH, StaticFiles(directory=FILES))
