"""Structured logs: one JSON object a line on standard error, each with the id of the request it belongs to.

No log line names a person, an address or an answer; the audit log does that, where it can be answered for.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time

from flask import Flask, Response, g, has_request_context, request

from lms.db import db


class JsonLines(logging.Formatter):
    """A log record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            line["request"] = g.get("request_id", "")
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class StandardError(logging.Handler):
    """Writes to what standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def init_app(app: Flask) -> None:
    """Give each request an id and a line in the log. Comes before all that may refuse a request.

    An id that a request brings is taken over only from a proxy that the settings tell of.
    """
    handler = StandardError()
    handler.setFormatter(JsonLines())
    app.logger.handlers = [handler]
    app.logger.setLevel(logging.INFO)
    app.logger.propagate = False
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # a lost connection is told by its request's line
    proxies = app.config["SETTINGS"].proxies

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "") if proxies else ""
        g.request_id = given if re.fullmatch(r"[A-Za-z0-9-]{8,32}", given) else secrets.token_hex(8)
        g.begun = time.perf_counter()
        db.session.info["request_id"] = g.request_id

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if request.endpoint not in ("static", "system.healthz"):
            fields: dict[str, object] = {
                "method": request.method,
                "endpoint": request.endpoint,
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.get("begun", time.perf_counter())) * 1000, 1),
            }
            fields |= {"refused": g.refused} if g.get("refused") else {}
            level = logging.ERROR if g.get("trouble") else logging.INFO
            app.logger.log(level, "request", extra={"fields": fields | g.get("trouble", {})})
        return response
