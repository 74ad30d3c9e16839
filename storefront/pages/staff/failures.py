"""Mails and jobs that did not get through: each is tried again or set aside at one press."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storefront.areas import FAILURES
from storefront.forms import chosen
from storefront.site import page, pages, paging, run, see

CHANGES = {"again": ("RetryFailure", "retryFailure"), "aside": ("DismissFailure", "dismissFailure")}
DONE = {
    "again": "It is tried again now. If it fails again, it comes back to this list.",
    "aside": "It was taken off the list, and nothing is sent.",
}


async def show(request: Request) -> Response:
    return await _page(request, DONE.get(request.query_params.get("done", ""), ""))


async def change(request: Request) -> Response:
    posted = await request.form()
    does = chosen(posted, CHANGES)
    document, field = CHANGES[does]
    answer = (await run(request, document, {"id": str(posted.get("id", ""))}))[field]
    if answer["__typename"] == "NotFound":
        return await _page(request, problem=answer["message"])
    return see(FAILURES.path, done=does)


async def _page(request: Request, done: str = "", problem: str = "") -> Response:
    data = await run(request, "Failures", paging(request, 50))
    found = data["failures"]
    return page(
        request,
        "staff/failures.html",
        data,
        status=422 if problem else 200,
        found=found,
        seen=data["workerSeenAt"],
        pages=pages(request, found["pageInfo"]),
        done=done,
        problem=problem,
    )
