"""What the server loads in each of its worker processes."""

from __future__ import annotations

from flask import Flask

from lms import create_app


def application() -> Flask:
    """The application, from the environment."""
    return create_app()
