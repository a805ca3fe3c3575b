"""The whole table as one file of JSON lines, from SQLite to PostgreSQL or back.

The first line says what wrote it; every other is `{"table": NAME, "row": {...}}`. Secrets of keys are in it only as the
table has them, salted and hashed. Films are not in it: they are files in the store.
"""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from filmloom import __version__
from filmloom.core.errors import UserError
from filmloom.finishing.mp4 import disk_errors
from filmloom.serve.database import Row
from filmloom.serve.migrations import MIGRATIONS, RETIRED
from filmloom.serve.table import JobTable

ORDER = {  # every table and what its rows are sorted by
    "jobs": "id", "events": "number", "flows": "flow", "keys": "id", "usage": "key, day", "deliveries": "number",
    "votes": "number",
}  # fmt: skip
NUMBERED = tuple(name for name, order in ORDER.items() if order == "number")
PAGE = 1000


def backup(table: JobTable, path: Path) -> dict[str, int]:
    """Write all that is in the table to `path`, at one moment: nobody writes meanwhile. → rows by table."""
    path, counts = Path(path), Counter()
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with disk_errors(path), part.open("w", encoding="utf-8") as file, table.database.write():
            head = {"filmloom": __version__, "migrations": len(MIGRATIONS)}
            file.write(json.dumps(head) + "\n")
            for name in ORDER:
                for row in _rows(table, name):
                    file.write(json.dumps({"table": name, "row": row}, ensure_ascii=False) + "\n")
                    counts[name] += 1
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return dict(counts)


def restore(table: JobTable, path: Path) -> dict[str, int]:
    """Fill an empty table, all of it or nothing. Jobs that ran at the time are taken over as their leases end."""
    path, counts = Path(path), Counter()
    with path.open(encoding="utf-8") as file, table.database.write():
        _check_head(path, file.readline())
        if table.database.rows("SELECT id FROM jobs LIMIT 1") or table.database.rows("SELECT id FROM keys LIMIT 1"):
            raise UserError(f"{table.database.name} is not empty; a backup is restored into a new table.")
        for name in ORDER:
            table.database.run(f"DELETE FROM {name}")
        for number, line in enumerate(file, 2):
            name, row = _read(path, number, line)
            marks = ", ".join("?" * len(row))
            table.database.run(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})", *row.values())
            counts[name] += 1
        _go_on_counting(table)
    return dict(counts)


def _rows(table: JobTable, name: str) -> Iterator[Row]:
    start = 0
    while rows := table.database.rows(f"SELECT * FROM {name} ORDER BY {ORDER[name]} LIMIT {PAGE} OFFSET {start}"):
        yield from rows
        start += PAGE


def _check_head(path: Path, line: str) -> None:
    try:
        step = json.loads(line)["migrations"]
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path} is no backup of a job table; `filmloom jobs backup` writes one.") from None
    if step > len(MIGRATIONS):
        raise UserError(f"{path} was written by a newer filmloom (step {step}; this one knows {len(MIGRATIONS)}).")


def _read(path: Path, number: int, line: str) -> tuple[str, Row]:
    """One line; names in it become SQL, so they are taken from a list or must be plain."""
    try:
        found = json.loads(line)
        name, row = found["table"], found["row"]
        if name in ORDER and row and all(column.isidentifier() for column in row):
            return name, {column: value for column, value in row.items() if column not in RETIRED.get(name, ())}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise UserError(f"{path}, line {number}, is not a row of a job table; nothing was restored.")


def _go_on_counting(table: JobTable) -> None:
    """PostgreSQL's counters do not see numbers that were given; SQLite's do."""
    if table.database.serial.startswith("BIGSERIAL"):
        for name in NUMBERED:
            newest = f"(SELECT COALESCE(MAX(number), 0) FROM {name})"
            table.database.rows(f"SELECT setval(pg_get_serial_sequence('{name}', 'number'), {newest} + 1, false)")
