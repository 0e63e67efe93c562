"""`staza backup` and `staza restore`: the database and all compiled courses in one file.

The database is copied first and the courses after it: courses are never deleted, so whatever revision a record names is
in the file. Both commands may run while people work.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from courses.artefact import Store
from lms import clock
from lms.cli import archive, databases, restoring
from lms.cli.opening import opened, settings_of
from lms.db import db
from lms.records import institutions

_SHOWN = 5
"""Lines of damage that are shown."""


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--damaged", is_flag=True, help="Back up damaged data too; the backup lists what is damaged.")
def backup(file: Path, damaged: bool) -> None:
    """Write everything into FILE, a .tar.gz that holds personal data: keep it as safe as the server.

    The finished backup is verified. If the database or a released course is damaged, no backup is made, and a message
    says what to do.

    \b
    For example, every night:
        staza backup /backups/staza-$(date +%F).tar.gz
    """
    with opened() as app:
        settings, store = settings_of(app), Store(settings_of(app).artefacts)
        with _workplace(file.resolve().parent) as work:
            name = databases.dump(make_url(settings.database_url), work)
            found = restoring.damage(work / name, store)
            _say_damage(found, damaged)
            about = {"made_at": clock.now().isoformat(), "database": name, "damage": found}
            part = work / "backup.tar.gz"
            archive.write(part, _members(work / name, store), about)
            part.replace(file)
        handle = os.open(file.resolve().parent, os.O_RDONLY)
        os.fsync(handle)  # its name is as safe as what stands in it
        os.close(handle)
    click.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB.")


def _members(database: Path, store: Store) -> Iterator[tuple[str, Path | bytes]]:
    yield database.name, database
    for path in store.files():
        # what may be replaced meanwhile is read at once, the rest never changes
        yield f"artefacts/{path.relative_to(store.root)}", path.read_bytes() if path.parent == store.root else path


def _say_damage(found: list[str], damaged: bool) -> None:
    if not found:
        return
    for line in found[:_SHOWN]:
        click.echo(line, err=True)
    if len(found) > _SHOWN:
        click.echo(f"… and {len(found) - _SHOWN} more.", err=True)
    if not damaged:
        raise click.ClickException(
            "Nothing was backed up. Courses: run staza publish to repair what the current text still has. Database:"
            " restore the last backup. To back up damaged data too, add --damaged."
        )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the data in the database.")
def restore(file: Path, force: bool) -> None:
    """Restore the backup FILE. A database that already holds data is replaced only with --force.

    Nothing changes before all of FILE has been verified. If a restore is interrupted, the next command finishes or
    undoes it.

    \b
    For example, on a new machine:
        staza restore /backups/staza-2026-11-21.tar.gz
        staza db upgrade
    """
    with opened(migrated=False) as app:
        if _holds_something() and not force:
            raise click.ClickException("This installation holds data already. To replace all of it, add --force.")
        db.engine.dispose()
        about = restoring.bring_back(file, settings_of(app))
    click.echo(f"Restored the backup of {about['made_at']}. If the software is newer, run: staza db upgrade")
    if about["format"] == 1:
        click.echo("The backup was made by an older version of Staza without hashes, so it could not be verified.")
    for line in about.get("damage", ()):
        click.echo(f"Damaged when it was saved: {line}")


@contextmanager
def _workplace(beside: Path) -> Iterator[Path]:
    """A folder for half-made files, on the disk where the whole ones will stand."""
    with tempfile.TemporaryDirectory(dir=beside, prefix=".staza-") as folder:
        yield Path(folder)


def _holds_something() -> bool:
    try:
        return institutions.get(db.session(), 1) is not None or bool(institutions.tree(db.session()))
    except DBAPIError as error:  # no tables yet; whatever else hinders reading may be data
        return not any(words in str(error.orig) for words in ("no such table", "does not exist"))
    except SQLAlchemyError:
        return True
    finally:
        db.session.remove()
