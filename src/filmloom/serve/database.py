"""One way to speak to SQLite and PostgreSQL: the same SQL, a connection per thread, one writer at a time.

Writers are serialised on both: by SQLite's own lock, and by an advisory lock on PostgreSQL. That keeps the numbers of
events in the order in which they become visible, which a reader that asks for "all after 17" relies on.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from filmloom.core.errors import RequestError, ResourceError
from filmloom.serve.errors import TableBusy
from filmloom.serve.migrations import MIGRATIONS

BUSY_SECONDS = 30
LOCK = 0x66696C6D  # "film"
Row = dict[str, Any]


class Database(Protocol):
    """`?` stands for parameters on both. `write` commits when its block ends well and rolls back when it does not."""

    name: str

    def rows(self, sql: str, *values: Any) -> list[Row]: ...

    def run(self, sql: str, *values: Any) -> int:
        """Rows that were changed."""

    def write(self) -> Any: ...

    def close(self) -> None: ...


def open_database(url: str | Path) -> Database:
    """A path or `sqlite:///path`, or `postgresql://...`; migrated to this release."""
    text = str(url)
    if text.startswith(("postgresql://", "postgres://")):
        database: Database = Postgres(text)
    elif "://" in text and not text.startswith("sqlite:///"):
        raise RequestError(
            "table", text, "it must be a path, sqlite:///PATH or postgresql://...", "sqlite:///jobs.sqlite"
        )
    else:
        database = Sqlite(Path(text.removeprefix("sqlite:///")))
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def migrate(database: Database) -> None:
    """Every step that this database has not taken yet, each in a transaction of its own. Steps are only ever added."""
    with database.write():
        database.run("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, at TEXT NOT NULL)")
    for number, steps in enumerate(MIGRATIONS, 1):
        with database.write():
            if database.rows("SELECT number FROM migrations WHERE number = ?", number):
                continue
            for step in steps:
                database.run(step.replace("{serial}", database.serial))
            database.run("INSERT INTO migrations (number, at) VALUES (?, CURRENT_TIMESTAMP)", number)
    newest = database.rows("SELECT MAX(number) AS newest FROM migrations")[0]["newest"]
    if newest > len(MIGRATIONS):
        rule = f"it was written by a newer filmloom (step {newest}); this one knows {len(MIGRATIONS)}"
        raise RequestError("table", database.name, rule, "a newer filmloom")


class _Threaded:
    """A connection per thread, and how deep the thread is in `write` blocks."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._opened: list[tuple[threading.Thread, Any]] = []
        self._lock = threading.Lock()

    @property
    def connection(self) -> Any:
        if getattr(self._local, "connection", None) is None:
            self._local.connection, self._local.depth = self._connected(), 0
            with self._lock:
                self._close_those_of_dead_threads()
                self._opened.append((threading.current_thread(), self._local.connection))
        return self._local.connection

    def _close_those_of_dead_threads(self) -> None:
        for thread, connection in self._opened:
            if not thread.is_alive():
                connection.close()
        self._opened = [pair for pair in self._opened if pair[0].is_alive()]

    @contextmanager
    def write(self) -> Iterator[None]:
        if self._is_within():
            yield  # part of the transaction around it
            return
        self._begin()
        self._local.depth = 1
        try:
            yield
            self._commit()
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._local.depth = 0

    def _is_within(self) -> bool:
        return bool(getattr(self._local, "depth", 0))

    def close(self) -> None:
        with self._lock:
            for _, connection in self._opened:
                connection.close()
            self._opened.clear()
        self._local = threading.local()


class Sqlite(_Threaded):
    """Write-ahead log, so that readers never wait for a writer; every commit is on the disk before it is told."""

    serial = "INTEGER PRIMARY KEY AUTOINCREMENT"

    def __init__(self, path: Path):
        super().__init__()
        self.path, self.name = path, str(path)
        path.parent.mkdir(parents=True, exist_ok=True)

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"busy_timeout = {BUSY_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _begin(self) -> None:
        self._executed("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        self._executed("COMMIT")

    def _roll_back(self) -> None:
        """What a full disk has not rolled back by itself; a commit that failed may be one of it."""
        self._local.connection.rollback()

    def rows(self, sql: str, *values: Any) -> list[Row]:
        return [dict(row) for row in self._executed(sql, values)]

    def run(self, sql: str, *values: Any) -> int:
        return self._executed(sql, values).rowcount

    def _executed(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        try:
            return self.connection.execute(sql, values)
        except sqlite3.OperationalError as error:
            raise _told(error, self.name) from error


def _told(error: sqlite3.OperationalError, name: str) -> Exception:
    """What a full disk or a lock that is never given up means to whoever asked."""
    if "locked" in str(error):
        return TableBusy(f"{name} is locked by another program; it was waited for {BUSY_SECONDS} s.", retry_after=5)
    if "full" in str(error):
        return ResourceError(f"{name}: the disk is full; nothing was changed.")
    return error


class Postgres(_Threaded):
    """Through psycopg 3. A connection that a restart of the server has cut is opened anew before the next block."""

    serial = "BIGSERIAL PRIMARY KEY"

    def __init__(self, url: str):
        super().__init__()
        self.url, self.name = url, url.split("@")[-1]  # a password is nobody's to read

    def _connected(self) -> Any:
        import psycopg
        from psycopg.rows import dict_row

        with self._away():
            return psycopg.connect(self.url, row_factory=dict_row, connect_timeout=10)

    @property
    def connection(self) -> Any:
        held = getattr(self._local, "connection", None)
        if held is not None and (held.broken or held.closed) and not self._local.depth:
            self._dropped(held)
        return super().connection

    def _dropped(self, connection: Any) -> None:
        self._local.connection = None
        connection.close()
        with self._lock:
            self._opened = [pair for pair in self._opened if pair[1] is not connection]

    def _begin(self) -> None:
        self._anew_if_cut(lambda: self._executed("SELECT pg_advisory_xact_lock(?)", (LOCK,)))

    def _commit(self) -> None:
        with self._away():
            self._local.connection.commit()

    def _roll_back(self) -> None:
        if not self._local.connection.broken:
            self._local.connection.rollback()

    def rows(self, sql: str, *values: Any) -> list[Row]:
        if self._is_within():
            return self._executed(sql, values).fetchall()
        return self._anew_if_cut(lambda: self._alone(lambda: self._executed(sql, values).fetchall()))

    def run(self, sql: str, *values: Any) -> int:
        if self._is_within():
            return self._executed(sql, values).rowcount
        return self._alone(lambda: self._executed(sql, values).rowcount)

    def _executed(self, sql: str, values: Sequence[Any]) -> Any:
        connection = self.connection
        with self._away():
            return connection.execute(sql.replace("?", "%s"), values or None)

    def _alone(self, work: Callable[[], Any]) -> Any:
        """A lone statement is a transaction of its own, and one that failed is none."""
        try:
            found = work()
            self._commit()
        except BaseException:
            if getattr(self._local, "connection", None) is not None:
                self._roll_back()
            raise
        return found

    def _anew_if_cut(self, work: Callable[[], Any]) -> Any:
        """What nothing follows from yet is done again where the server has restarted since this thread last asked."""
        try:
            return work()
        except TableBusy:
            held = getattr(self._local, "connection", None)
            if held is None or not held.broken:
                raise
            self._dropped(held)
            return work()

    @contextmanager
    def _away(self) -> Iterator[None]:
        """A server that stops, starts or cannot be reached is a table that is busy for a while."""
        import psycopg

        try:
            yield
        except psycopg.errors.DiskFull as error:
            raise ResourceError(f"{self.name}: the disk is full; nothing was changed.") from error
        except psycopg.OperationalError as error:
            first = str(error).strip().partition("\n")[0]
            raise TableBusy(f"The database {self.name} does not answer ({first}).", retry_after=5) from error
