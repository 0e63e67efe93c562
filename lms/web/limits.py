"""Rate limits: the one limiter, for views to be decorated with. It counts in the database, see `records.limits`."""

from __future__ import annotations

from flask import Response, request
from flask_limiter import Limiter

from lms.learning.access import token_hash
from lms.records import limits as _storage  # noqa: F401 -- registers the storage that `staza://` names


def visitor_address() -> str:
    """The network address to count by."""
    return request.remote_addr or "unknown"


def tried_account() -> str:
    """The account that a form names, so that guessing one account from many addresses is slowed down too."""
    return "account " + token_hash(request.form.get("email", "").strip().lower())


def failed(response: Response) -> bool:
    """Whether the try counts: a whole office may sign in from one address, but not guess from it."""
    return response.status_code == 422


limiter = Limiter(visitor_address, storage_uri="staza://", default_limits=[])
