"""The database as one file, and back: for `staza backup` and `staza restore`.

Loading is one transaction: whoever reads or writes meanwhile sees the one state or the other, and a process that is
killed half-way, or a disk that is full, leaves the one before. `generation` tells afterwards which of the two it is.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy.engine import URL

SQLITE, POSTGRESQL = "sqlite.db", "postgresql.sql"
_COMPLETE = b"-- PostgreSQL database dump complete"
_SHOWN = 3
"""Lines of damage that are shown."""
_OLD = "postgresql.dump"
NAMES = (SQLITE, POSTGRESQL, _OLD)
"""What a copy can be called; the last one in backups of the first format."""
# What newer versions of Staza added goes too, which a backup from before an upgrade knows nothing of.
_EMPTY = """
SET LOCAL client_min_messages = warning;
DO $$ DECLARE command text; BEGIN
  FOR command IN
    SELECT format('DROP TABLE IF EXISTS %I CASCADE', c.relname) FROM pg_class c
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
     WHERE p.pronamespace = current_schema()::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('DROP TYPE IF EXISTS %I CASCADE', t.typname) FROM pg_type t
     WHERE t.typtype IN ('e', 'd') AND t.typnamespace = current_schema()::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('DROP SEQUENCE IF EXISTS %I CASCADE', c.relname) FROM pg_class c
     WHERE c.relkind = 'S' AND c.relnamespace = current_schema()::regnamespace
  LOOP EXECUTE command; END LOOP;
END $$;
"""


def is_sqlite(url: URL) -> bool:
    """Whether the address is that of a database file."""
    return url.get_backend_name() == "sqlite"


def dump(url: URL, work: Path) -> str:
    """Copy the database into the folder, as it is at one moment; the name of the file."""
    if not is_sqlite(url):
        _run(url, "pg_dump", "--format=plain", "--no-owner", "--file", str(work / POSTGRESQL))
        return POSTGRESQL
    try:
        with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(work / SQLITE)) as copy:
            source.backup(copy)
    except sqlite3.DatabaseError as error:
        raise click.ClickException(f"The database is damaged, so it can't be copied ({error}).") from error
    return SQLITE


def readable(work: Path, name: str) -> str:
    """The name of the file that `load` takes: of a backup of the first format it is made from the other program's
    own form."""
    if name != _OLD:
        return name
    _tool("pg_restore", ["--no-owner", "--file", str(work / POSTGRESQL), str(work / name)])
    return POSTGRESQL


def damage(file: Path) -> Iterator[str]:
    """What is wrong with a copy of a database, a line each."""
    if file.name == POSTGRESQL:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - 1000))
            if _COMPLETE not in opened.read():
                yield "The copy of the database is not complete."
        return
    try:
        with closing(sqlite3.connect(file)) as copy:
            for (line,) in copy.execute(f"PRAGMA integrity_check({_SHOWN})"):
                if line != "ok":
                    yield f"The database is damaged: {line}."
            for table, row, other, _ in copy.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN):
                yield f"The database is damaged: row {row} of {table} has no {other}."
    except sqlite3.DatabaseError as error:
        yield f"The database is damaged: {error}."


def generation(url: URL) -> int:
    """A number that `load` changes, in the transaction in which it changes all else; 0 where there is no database, or
    one that can't be read."""
    if not is_sqlite(url):
        return int(_run(url, "psql", "-XAtc", "SELECT coalesce(to_regclass('alembic_version')::oid, 0)"))
    if not Path(str(url.database)).exists():
        return 0
    try:
        with closing(sqlite3.connect(str(url.database))) as target:
            return int(target.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if not _is_unreadable(error):
            raise
        return 0


def load(url: URL, work: Path, name: str, after: int, lock: int) -> None:
    """Make the database what the copy is. `after`: its generation now. `lock` is handed to a program that does it: it
    may live on when this process is killed."""
    if name == SQLITE:
        with closing(sqlite3.connect(work / name)) as copy:
            copy.execute(f"PRAGMA user_version = {after % (1 << 30) + 1}")
            try:
                with closing(sqlite3.connect(str(url.database))) as target:
                    target.execute("PRAGMA synchronous = FULL")
                    copy.backup(target)
                return
            except sqlite3.DatabaseError as error:
                if not _is_unreadable(error):
                    raise
        _replace(Path(str(url.database)), work / name)
        return
    (work / "empty.sql").write_text(_EMPTY)
    scripts = [f"--file={work / 'empty.sql'}", f"--file={work / name}"]
    _run(url, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *scripts, lock=lock)


def _is_unreadable(error: sqlite3.Error) -> bool:
    """Whether the file is damaged so that SQLite does not know it for a database."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def _replace(database: Path, copy: Path) -> None:
    """Put the copy in the place of a file that can't be read, which is kept beside it under another name."""
    for end in ("-wal", "-shm", ""):  # a log of the other one would be taken for the copy's
        path = database.with_name(database.name + end)
        if path.exists():
            kept = path.with_name(f"{path.name}.damaged")
            kept.unlink(missing_ok=True)
            kept.hardlink_to(path)
            if end:
                path.unlink()
    copy.replace(database)


def _run(url: URL, tool: str, *arguments: str, lock: int | None = None) -> str:
    """Run a tool of PostgreSQL against the database; the password goes by the environment, where `ps` shows none."""
    address = url.set(drivername="postgresql", password=None).render_as_string()
    return _tool(tool, ["--dbname", address, *arguments], str(url.password) if url.password else None, lock)


def _tool(tool: str, arguments: list[str], password: str | None = None, lock: int | None = None) -> str:
    if shutil.which(tool) is None:
        raise click.ClickException(f"{tool} is missing. Install PostgreSQL's client programs, of the server's version.")
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    command = [tool, *arguments]
    done = subprocess.run(  # noqa: S603 -- names of our own, and no shell
        command, env=environment, capture_output=True, text=True, check=False, pass_fds=[] if lock is None else [lock]
    )
    if done.returncode:
        raise click.ClickException(f"{tool} failed: {' '.join(done.stderr.split()) or 'it gave no reason'}")
    return done.stdout
