"""The database: one `db`, the base of all tables, and the one way to write.

SQLite (write-ahead log, foreign keys on, full synchronous) and PostgreSQL run the same code. What differs between them
is here and nowhere else.
"""

from __future__ import annotations

import errno
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, TypeDecorator, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.pool import ConnectionPoolEntry

WRITES = "staza_writes"
APPEND_ONLY = {"append_only": True}
"""What is said of a table whose rows the database refuses to change, delete or replace: its migration lays the triggers
down, and a test tries each such table."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: aware in Python on both databases; a naive one is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A moment needs its time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    registry = registry(  # Flask-SQLAlchemy copies this class; of a type_annotation_map there could be only one
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: JSON(), list[Any]: JSON()},
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def new_id() -> UUID:
    """A new id, UUID version 7 (RFC 9562 §5.7): it grows with time, so indexes grow at their end, and servers that
    know nothing of each other make no two the same."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (random >> 62 << 64) | (0b10 << 62) | (random & (1 << 62) - 1))


@contextmanager
def transaction() -> Iterator[Session]:
    """One verb, one transaction: all of it is kept, or none.

    What was read before ends here, so that the verb decides on what is true now. SQLite takes its write lock at the
    start: a transaction that read first and wrote later could be refused half-way.
    """
    session = db.session()
    session.commit()
    session.connection(execution_options={WRITES: True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def let_go(_error: BaseException | None = None) -> None:
    """End what a request read. A connection that died since its last statement can't be told so: it is thrown away,
    and the answer, which is made, is not lost for that."""
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.session().invalidate()


def gather_statistics() -> None:
    """Let SQLite count what its planner goes by, which takes milliseconds; PostgreSQL does so by itself.

    Without, it sorts all enrolments of an institution to show the first fifty.
    """
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            connection.exec_driver_sql("PRAGMA analysis_limit=1000")
            connection.exec_driver_sql("ANALYZE")


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # we send BEGIN ourselves
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def engine_options(url: str, pool_size: int) -> dict[str, Any]:
    """Settings of the engine for this database address. What stands in a statement's parameters (names, addresses) is
    kept out of the messages of errors, which are logged."""
    pool = {} if url.startswith("sqlite") else {"pool_size": pool_size, "pool_pre_ping": True}
    return {"hide_parameters": True, **pool}


FULL, READ_ONLY, BUSY, GONE = "full", "read-only", "busy", "gone"
_TROUBLES = (
    (FULL, ("disk is full", "no space left", "could not extend file")),
    (READ_ONLY, ("readonly database", "read-only transaction")),
    (BUSY, ("is locked", "lock timeout", "deadlock", "timed out, timeout", "too many clients", "connection slots")),
)


def trouble(error: BaseException) -> str:
    """What is the matter with the database, of those above; "" for an error that says nothing of its state."""
    if isinstance(error, OSError):
        return {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY}.get(error.errno or 0, "")
    if not isinstance(error, DBAPIError | PoolTimeout):
        return ""
    said = str(error).lower()
    for name, signs in _TROUBLES:
        if any(sign in said for sign in signs):
            return name
    return GONE if isinstance(error, OperationalError | InterfaceError) else ""
