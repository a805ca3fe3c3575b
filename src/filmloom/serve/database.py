"""One way to speak to SQLite and PostgreSQL: the same SQL, a connection per thread, one writer at a time.

Writers are serialised on both: by SQLite's own lock, and by an advisory lock on PostgreSQL. That keeps the numbers of
events in the order in which they become visible, which a reader that asks for "all after 17" relies on.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
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
        self._opened: list[Any] = []
        self._lock = threading.Lock()

    @property
    def connection(self) -> Any:
        if getattr(self._local, "connection", None) is None:
            self._local.connection, self._local.depth = self._connected(), 0
            with self._lock:
                self._opened.append(self._local.connection)
        return self._local.connection

    @contextmanager
    def write(self) -> Iterator[None]:
        connection = self.connection
        if self._local.depth:
            yield  # part of the transaction around it
            return
        self._begin(connection)
        self._local.depth = 1
        try:
            yield
        except BaseException:
            self._local.depth = 0
            connection.rollback()
            raise
        self._local.depth = 0
        connection.commit()

    def close(self) -> None:
        with self._lock:
            for connection in self._opened:
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

    def _begin(self, connection: sqlite3.Connection) -> None:
        self._executed("BEGIN IMMEDIATE")

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

        return psycopg.connect(self.url, row_factory=dict_row, connect_timeout=10)

    @property
    def connection(self) -> Any:
        held = getattr(self._local, "connection", None)
        if held is not None and held.broken and not self._local.depth:
            held.close()
            self._local.connection = None
        return super().connection

    def _begin(self, connection: Any) -> None:
        import psycopg

        try:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        except psycopg.OperationalError:  # the server restarted between two blocks: nothing was begun, so begin again
            self._local.connection = None
            fresh = self.connection
            fresh.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))

    def rows(self, sql: str, *values: Any) -> list[Row]:
        found = self._executed(sql, values).fetchall()
        self._released()
        return found

    def run(self, sql: str, *values: Any) -> int:
        changed = self._executed(sql, values).rowcount
        self._released()
        return changed

    def _executed(self, sql: str, values: Sequence[Any]) -> Any:
        return self.connection.execute(sql.replace("?", "%s"), values or None)

    def _released(self) -> None:
        """A lone statement is a transaction of its own."""
        if not self._local.depth:
            self.connection.commit()
