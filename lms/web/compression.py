"""Compressed answers: lessons are read over weak lines.

Pages that carry a secret and repeat what a request said, compressed, over TLS, can give the secret away to somebody who
sees the lengths of many answers to requests of his own making (BREACH, Gluck, Harris and Prado 2013). Here he gets
nowhere. The session cookie is `SameSite=Lax`, so that requests which another site makes the browser send, in the
thousands that the attack takes, come without it. The only secret in a page is the CSRF token, and it is signed anew
with the time in each second: its signature, without which the rest is of no use, does not stay the same for the many
guesses that finding it takes. The session's own token is in no page.
"""

from __future__ import annotations

from flask import Flask
from flask_compress import Compress

ALGORITHMS = ["br", "gzip"]


def init_app(app: Flask) -> None:
    """Compress what is text: pages and files, by Brotli where the browser takes it, else by gzip."""
    app.config.update(COMPRESS_ALGORITHM=ALGORITHMS, COMPRESS_ALGORITHM_STREAMING=ALGORITHMS, COMPRESS_BR_LEVEL=5)
    Compress(app)
