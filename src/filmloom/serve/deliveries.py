"""Webhooks that are owed: written with the job's end, in one transaction, so that none is forgotten or sent in vain.

Sending is somebody else's: `due` says what to send now, `sent` and `missed` what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from filmloom.serve.database import Database

KINDS = {"done": "video.completed", "failed": "video.failed", "refused": "video.failed"}  # OpenAI's names
WAITS = (5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0)  # seconds before each new attempt; then it is given up


@dataclass(frozen=True)
class Delivery:
    """`kind` is the event's name on the wire, `number` stays the same over all attempts."""

    number: int
    job: str
    url: str
    kind: str
    attempts: int


def owe(database: Database, job: str, url: str, state: str, now: float) -> None:
    """A delivery for a job's end, where its client wants one."""
    if url and state in KINDS:
        sql = "INSERT INTO deliveries (job, url, kind, attempts, due) VALUES (?, ?, ?, 0, ?)"
        database.run(sql, job, url, KINDS[state], now)


def due(database: Database, now: float, *, limit: int = 20) -> list[Delivery]:
    sql = "SELECT * FROM deliveries WHERE due <= ? AND done IS NULL ORDER BY due LIMIT ?"
    return [Delivery(r["number"], r["job"], r["url"], r["kind"], r["attempts"]) for r in database.rows(sql, now, limit)]


def held(database: Database, delivery: Delivery, now: float, seconds: float) -> bool:
    """Put off before it is sent, so that of several senders one sends it. → whether it is ours."""
    sql = "UPDATE deliveries SET due = ? WHERE number = ? AND due <= ? AND done IS NULL"
    with database.write():
        return database.run(sql, now + seconds, delivery.number, now) == 1


def sent(database: Database, delivery: Delivery, now: float) -> None:
    with database.write():
        sql = "UPDATE deliveries SET done = ?, due = NULL, attempts = attempts + 1 WHERE number = ?"
        database.run(sql, now, delivery.number)


def missed(database: Database, delivery: Delivery, now: float) -> bool:
    """Try again later. → whether it will be; the last miss gives it up."""
    again = delivery.attempts < len(WAITS)
    with database.write():
        sql = "UPDATE deliveries SET due = ?, attempts = attempts + 1 WHERE number = ?"
        database.run(sql, now + WAITS[delivery.attempts] if again else None, delivery.number)
    return again
