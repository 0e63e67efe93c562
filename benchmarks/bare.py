"""What Staza is measured against: a Flask application with one route, which renders an empty template, behind the
server and with the options that `staza serve` has. `bare.py PORT [FOLDER]` serves it, and the files of the folder under
/static/, which the server sends without asking Python."""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask, render_template
from jinja2 import DictLoader

from lms.cli.buffering import Buffered
from lms.cli.server import WORKERS, granian
from lms.cli.wsgi import behind_buffers


def application() -> Buffered:
    """The bare application."""
    app = Flask(__name__)
    app.jinja_loader = DictLoader({"empty.html": ""})

    @app.get("/")
    def empty() -> str:
        return render_template("empty.html")

    return behind_buffers(app)


if __name__ == "__main__":
    port, *folders = sys.argv[1:]
    static = {"static_path_route": ["/static"], "static_path_mount": [Path(folders[0])]} if folders else {}
    granian("bare:application", "127.0.0.1", int(port), WORKERS, **static).serve()
