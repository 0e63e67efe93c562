"""Opening the application for a command: settings, database and migrations looked at first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from lms import create_app
from lms.cli.restoring import recover
from lms.config import ROOT, Settings
from lms.db import db


@contextmanager
def opened(migrated: bool = True) -> Iterator[Flask]:
    """The application, in its context. `migrated`: only with a database that has all migrations."""
    app = create_app()
    with app.app_context():
        try:
            if said := recover(settings_of(app)):
                click.echo(said, err=True)
            if migrated and not is_migrated():
                raise click.ClickException("The database lacks migrations of this version. Run: staza db upgrade")
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def settings_of(app: Flask) -> Settings:
    """The settings that the application was made with."""
    return cast(Settings, app.config["SETTINGS"])


def is_migrated() -> bool:
    """Whether the database has all migrations of this version. Needs an application context."""
    heads = set(ScriptDirectory(str(ROOT / "lms" / "migrations")).get_heads())
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads
