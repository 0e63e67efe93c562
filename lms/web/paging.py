"""Paging through a listing whose filters stand in the address."""

from __future__ import annotations

from flask import request, url_for

from lms.reports.table import Page


def here(**changes: str | int) -> str:
    """The address of this page with its filters, some of them changed; paging begins anew."""
    kept = {key: value for key, value in request.args.items() if value and key not in ("page", "after")}
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **kept, **changes})


def paging(page: Page) -> dict[str, object]:
    """What `pagination` in macros/table.html shows."""
    return {
        "number": page.number,
        "pages": page.pages,
        "total": page.total,
        "first": page.first,
        "last": page.last,
        "prev_url": here(page=page.number - 1) if page.number > 1 else "",
        "next_url": here(page=page.number + 1) if page.number < page.pages else "",
    }
