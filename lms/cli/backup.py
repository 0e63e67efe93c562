"""`staza backup` and `staza restore`: the database and all compiled courses in one file.

The database is copied first and the courses after it: courses are never deleted, so whatever revision a record names is
in the file. Both commands may run while people work.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from lms import clock
from lms.cli.opening import opened, settings_of
from lms.config import Settings
from lms.db import db
from lms.records import institutions

FORMAT = 1


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything into FILE, a .tar.gz that holds personal data: keep it as safe as the server.

    \b
    For example, every night:
        staza backup /backups/staza-$(date +%F).tar.gz
    """
    with opened() as app:
        settings = settings_of(app)
        with _workplace(file.resolve().parent) as work:
            name = _dump(make_url(settings.database_url), work)
            about = {"format": FORMAT, "made_at": clock.now().isoformat(), "database": name}
            (work / "backup.json").write_text(json.dumps(about))
            part = work / "backup.tar.gz"
            with tarfile.open(part, "w:gz", compresslevel=6) as tar:
                tar.add(work / "backup.json", "backup.json")
                tar.add(work / name, name)
                if settings.artefacts.is_dir():
                    tar.add(settings.artefacts, "artefacts")
            part.chmod(0o600)
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(file)
    click.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the database holds now.")
def restore(file: Path, force: bool) -> None:
    """Bring back what FILE holds. A database that holds something is left alone, unless --force is given.

    \b
    For example, on a new machine:
        staza restore /backups/staza-2026-11-21.tar.gz
        staza db upgrade
    """
    with opened(migrated=False) as app:
        settings = settings_of(app)
        if _holds_something() and not force:
            raise click.ClickException("This installation holds data already. To replace all of it, add --force.")
        db.engine.dispose()
        with _workplace(settings.instance) as work:
            about = _unpack(file, work)
            _copy_courses(work / "artefacts", settings)
            _load(make_url(settings.database_url), work, about["database"])
    click.echo(f"Restored what was saved on {about['made_at']}. Run staza db upgrade if the software is newer.")


@contextmanager
def _workplace(beside: Path) -> Iterator[Path]:
    """A folder for half-made files, on the disk where the whole ones will stand."""
    with tempfile.TemporaryDirectory(dir=beside, prefix=".staza-") as folder:
        yield Path(folder)


def _holds_something() -> bool:
    try:
        return institutions.get(db.session(), 1) is not None or bool(institutions.tree(db.session()))
    except SQLAlchemyError:
        return False  # no tables yet
    finally:
        db.session.remove()


def _extract(tar: tarfile.TarFile, work: Path) -> None:
    """Write the files of a backup below `work`, and nothing elsewhere, whatever the archive says. (Python's own filter
    for this came with 3.11.4; Debian 12 has 3.11.2.)"""
    for member in tar.getmembers():
        target = (work / member.name).resolve()
        data = tar.extractfile(member) if member.isreg() else None
        if data is None:
            continue
        if not target.is_relative_to(work.resolve()):
            raise tarfile.TarError(f"{member.name} would be written outside")
        target.parent.mkdir(parents=True, exist_ok=True)
        with data, target.open("wb") as file:
            shutil.copyfileobj(data, file)


def _unpack(file: Path, work: Path) -> dict[str, Any]:
    try:
        with tarfile.open(file, "r:gz") as tar:
            _extract(tar, work)
        about = json.loads((work / "backup.json").read_text())
        known = about["format"] == FORMAT and (work / about["database"]).is_file()
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"{file} is no backup of Staza, or is damaged ({error}).") from error
    if not known:
        raise click.ClickException(f"{file} was made by another version of Staza than this one.")
    return dict(about)


def _copy_courses(courses: Path, settings: Settings) -> None:
    """Objects first, the list of releases after them, so that no reader finds a release without its course."""
    if not courses.is_dir():
        return
    files = sorted((path for path in courses.rglob("*") if path.is_file()), key=lambda path: path.parent == courses)
    for path in files:
        target = settings.artefacts / path.relative_to(courses)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.restored")
        shutil.copyfile(path, part)
        part.replace(target)


# ── the two databases ──────────────────────────────────────────────────────────────────────────────────────────────


def _dump(url: URL, work: Path) -> str:
    """Copy the database into the folder; the name of the file."""
    if url.get_backend_name() == "sqlite":
        source, copy = sqlite3.connect(str(url.database)), sqlite3.connect(work / "sqlite.db")
        with closing(source), closing(copy):
            source.backup(copy)
        return "sqlite.db"
    _run_tool(url, "pg_dump", "--format=custom", "--no-owner", "--file", str(work / "postgresql.dump"))
    return "postgresql.dump"


def _load(url: URL, work: Path, name: str) -> None:
    """Make the database what the copy is; whoever reads or writes meanwhile sees the one or the other."""
    if (name == "sqlite.db") != (url.get_backend_name() == "sqlite"):
        raise click.ClickException("The backup is of the other kind of database. Set DATABASE_URL to one of its kind.")
    if name == "sqlite.db":
        with closing(sqlite3.connect(work / name)) as copy, closing(sqlite3.connect(str(url.database))) as target:
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise click.ClickException("The database in the backup is damaged.")
            copy.backup(target)
        return
    _run_tool(url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(work / name))


def _run_tool(url: URL, tool: str, *arguments: str) -> None:
    """Run a tool of PostgreSQL against the database; the password goes by the environment, where `ps` shows none."""
    if shutil.which(tool) is None:
        raise click.ClickException(f"{tool} is missing. Install PostgreSQL's client programs, of the server's version.")
    address = url.set(drivername="postgresql", password=None).render_as_string()
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [tool, "--dbname", address, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise click.ClickException(f"{tool} failed: {' '.join(done.stderr.split()) or 'it gave no reason'}")
