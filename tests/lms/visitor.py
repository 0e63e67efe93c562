"""A browser without scripts, for tests of pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import Context

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from itsdangerous import BadSignature
from werkzeug.test import TestResponse

from lms.db import db

PASSWORD = "a path through the hills"
"""That of everybody in the tests' world."""
ANSWER = re.compile(r"/questions/[0-9]+$|/checks/[^/]+$")
"""The addresses that answers are sent to."""


class Visitor:
    """A browser without scripts: keeps cookies, and sends the form token with every form."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self._tokens: dict[str, str] = {}

    def get(self, url: str, **options: object) -> TestResponse:
        """Open an address."""
        return self._fresh(lambda: self.client.get(url, buffered=True, **options))

    def post(self, url: str, data: dict[str, object] | None = None, **options: object) -> TestResponse:
        """Send a form with its token; the form of an answer with what it says of the answer shown, unless the test
        says that itself."""
        token = self.token()
        if ANSWER.search(url) and "version" not in (data or {}):
            data = {"version": self.version(url), "end": "1", **(data or {})}
        return self._fresh(
            lambda: self.client.post(url, data={"csrf_token": token, **(data or {})}, buffered=True, **options)
        )

    def send(self, url: str, data: dict[str, object], **options: object) -> TestResponse:
        """Send exactly these fields, without a token that is not among them."""
        return self._fresh(lambda: self.client.post(url, data=data, buffered=True, **options))

    def version(self, url: str) -> str:
        """What the form of a question says of the answer that it shows, as its page is now; "" where there is none."""
        page, _checks, check = url.partition("/checks/")
        shown = self._fresh(lambda: self.client.get(page, query_string={"again": check}, buffered=True)).text
        form = re.search(f'<form[^>]* action="{re.escape(url)}".*?</form>', shown, re.DOTALL)
        found = re.search(r'name="version" value="([^"]+)"', form[0]) if form else None
        return found[1] if found else ""

    def _fresh(self, call: Callable[[], TestResponse]) -> TestResponse:
        """A request gets a context of its own, as it does in a server, and not the one that the test holds."""
        db.session.remove()
        answer = Context().run(call)
        db.session.remove()
        return answer

    def token(self) -> str:
        """The form token of this browser's session, read from a page unless it stood in one before."""
        if (secret := self._secret()) not in self._tokens or not secret:
            page = self.get("/accessibility").get_data(as_text=True)
            found = re.search(r'name="csrf_token" value="([^"]+)"', page)
            assert found
            secret = self._secret()
            self._tokens = {secret: found[1]}
        return self._tokens[secret]

    def _secret(self) -> str:
        """What form tokens of this browser's session are signed for; "" before there was a form."""
        cookie = self.client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        serializer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert serializer
        try:
            return str(serializer.loads(cookie.value).get("csrf_token", "")) if cookie else ""
        except BadSignature:
            return ""

    def sign_in(self, name: str, password: str = PASSWORD) -> Visitor:
        """Sign in as somebody of the world."""
        answer = self.post("/sign-in", {"email": f"{name}@example.org", "password": password})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return self
