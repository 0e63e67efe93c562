"""Counters for the rate limits, in the database: the limit holds over all server processes and all servers."""

from __future__ import annotations

import time
from typing import Any

from limits.storage import Storage
from sqlalchemy import BigInteger, String, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import WRITES, Base, db


class Counter(Base):
    """How often something happened in the window that ends at `expires` (seconds since 1970)."""

    __tablename__ = "rate_counters"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    hits: Mapped[int]
    expires: Mapped[int] = mapped_column(BigInteger)


class DatabaseStorage(Storage):
    """What Flask-Limiter counts in (fixed windows)."""

    STORAGE_SCHEME = ["staza"]  # noqa: RUF012 -- limits reads this class attribute

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a failing storage raises."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the counter, starting it anew where its window is over; the new count."""
        now = int(time.time())
        insert = insert_sqlite if db.engine.dialect.name == "sqlite" else insert_postgresql
        over = Counter.expires <= now
        statement: Any = (
            insert(Counter)
            .values(key=key[:300], hits=amount, expires=now + expiry)
            .on_conflict_do_update(
                index_elements=[Counter.key],
                set_={
                    "hits": case((over, amount), else_=Counter.hits + amount),
                    "expires": case((over, now + expiry), else_=Counter.expires),
                },
            )
            .returning(Counter.hits)
        )
        with db.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            return int(connection.execute(statement).scalar_one())

    def give_back(self, key: str) -> None:
        """Take one try off the counter, in the window that is open."""
        counted = Counter.key == key[:300], Counter.hits > 0, Counter.expires > int(time.time())
        with db.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            connection.execute(update(Counter).where(*counted).values(hits=Counter.hits - 1))

    def _row(self, key: str) -> tuple[int, int]:
        with db.engine.connect() as connection:
            row = connection.execute(select(Counter.hits, Counter.expires).where(Counter.key == key[:300])).first()
        return (row[0], row[1]) if row and row[1] > time.time() else (0, int(time.time()))

    def get(self, key: str) -> int:
        """The count in the window that is open."""
        return self._row(key)[0]

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        return float(self._row(key)[1])

    def check(self) -> bool:
        """Whether the counters can be reached."""
        with db.engine.connect() as connection:
            connection.execute(select(1))
        return True

    def reset(self) -> int | None:
        """Forget all counters; how many there were."""
        with db.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            return connection.execute(delete(Counter)).rowcount

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with db.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            connection.execute(delete(Counter).where(Counter.key == key[:300]))
