"""Rate limits: the one limiter, for views to be decorated with. It counts in the database, see `records.limits`."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from flask import Response, request
from flask_limiter import Limiter

from lms.learning.access import token_hash
from lms.records import limits as _storage  # noqa: F401 -- registers the storage that `staza://` names


def visitor_address() -> str:
    """The network address to count by; of an IPv6 address the first half, as whoever has one has all that share it
    (RFC 6177 §2)."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or "unknown"
    if address.version == 4 or address.ipv4_mapped:
        return str(address)
    return str(ip_network((int(address), 64), strict=False))


def tried_account() -> str:
    """The account that a form names, so that guessing one account from many addresses is slowed down too."""
    return "account " + token_hash(request.form.get("email", "").strip().lower())


def failed(response: Response) -> bool:
    """Whether the try counts: a whole office may sign in from one address, but not guess from it."""
    return response.status_code == 422


limiter = Limiter(visitor_address, storage_uri="staza://", default_limits=[])
