"""The job table: the only truth about jobs. Web processes and workers on any number of machines share it.

Who is next is settled by start-time fair queueing (Goyal, Vin and Cheng, 1996). Every key's band of priority is a flow
with a weight; a job's `tag` is where it starts in its flow's own time, which runs the slower the greater its weight.
The least tag is served next. So a key that floods the table only delays itself, a job of high priority overtakes those
of its key that are not, and nobody waits forever: a band is a share of the service, not a wall.

A lease gives a job to one worker until a moment. Whoever speaks of a job shows its token; when the lease has run out
and another worker has the job, the token no longer fits, and nothing that the first one says is heard.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from filmloom.core.errors import RequestError
from filmloom.serve.crew import Crew
from filmloom.serve.database import Database, Row, open_database
from filmloom.serve.deliveries import owe
from filmloom.serve.errors import Conflict, LeaseLost, QueueFull, QuotaExceeded, UnknownJob
from filmloom.serve.keys import Keys, charged
from filmloom.serve.messages import BANDS, FINAL, STATES, Claim, Event, Failure, Job

SHARES = {"high": 16.0, "normal": 4.0, "low": 1.0}  # of the service, where a key has jobs in all three
RETENTION = 30 * 86_400.0  # seconds that finished films are kept
QUEUE_CAP = 10_000  # jobs that may wait, of all keys
TALK = 0.25  # seconds between two progress events of a job
EVENTS_KEPT = 7 * 86_400.0
ATTEMPTS = 3  # of a job whose workers die or whose machine fails
FIELDS = tuple(field.name for field in dataclasses.fields(Job))
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # without letters that look like others


def open_table(url: str | Path, *, clock: Callable[[], float] = time.time, **limits: Any) -> JobTable:
    """A path or `sqlite:///path`, or `postgresql://...`. `limits`: `queue_cap`, `retention`, `attempts`."""
    return JobTable(open_database(url), clock, **limits)


class JobTable:
    """Safe to use from many threads, processes and machines at once."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        *,
        queue_cap: int = QUEUE_CAP,
        retention: float = RETENTION,
        attempts: int = ATTEMPTS,
    ):
        self.database, self.clock = database, clock
        self.queue_cap, self.retention, self.attempts = queue_cap, retention, attempts
        self.keys, self.crew = Keys(database, clock), Crew(database, clock)

    # --- What clients ask

    def submit(
        self,
        request: dict[str, Any],
        *,
        key: str = "",
        band: str = "normal",
        idempotency: str = "",
        content: str = "",
        webhook: str = "",
        extra: dict[str, Any] | None = None,
        remix_of: str = "",
        reuse: bool = True,
        cost: float = 1.0,
        max_attempts: int | None = None,
    ) -> Job:
        """A new job, or the one that this key's `idempotency` already made of the same request.

        `content` is the same for jobs whose film would be the same: a film that is there is used again, and one that is
        being made is waited for. `cost`: of the film beside others, in whatever unit; it is what fairness shares out.
        """
        if band not in BANDS:
            raise RequestError("band", band, f"it must be one of {', '.join(BANDS)}", "normal")
        with self.database.write():
            if idempotency and (known := self._of_idempotency(key, idempotency, request)):
                return known
            self._check_room()
            charged(self.database, self.keys.limits(key), request, self.clock())
            job = Job(
                id=_new_id(self.clock()), request=request, content=content, key=key, band=band, created=self.clock(),
                max_attempts=max_attempts or self.attempts, remix_of=remix_of, idempotency=idempotency, webhook=webhook,
                extra=extra or {},
            )  # fmt: skip
            self._insert(job, reuse=reuse, cost=cost, tag=self._tag(key, band, cost))
            self._log(job.id, key, "queued", {})
            if content and reuse and (twin := self._twin(content, job.id)):
                self._share(twin, [job.id])
            return self.get(job.id)

    def get(self, job: str) -> Job:
        return _job(self._row(job))

    def list(
        self,
        *,
        key: str | None = None,
        states: Sequence[str] = STATES,
        limit: int = 20,
        after: str = "",
        order: str = "desc",
        search: str = "",
    ) -> tuple[list[Job], bool]:
        """Jobs by age, newest first, those after the job `after`; and whether there are more."""
        where, values = ["1 = 1"], []
        if set(states) != set(STATES):  # else the table's own order is the page's, and nothing is sorted
            where, values = [f"state IN ({', '.join('?' * len(states))})"], list(states)
        for clause, value in (("key = ?", key), (f"id {'<' if order == 'desc' else '>'} ?", after or None)):
            if value is not None:
                where.append(clause)
                values.append(value)
        if search:
            where.append("prompt LIKE ? ESCAPE '!'")
            values.append(f"%{_escaped(search.lower())}%")
        direction = "DESC" if order == "desc" else "ASC"
        sql = f"SELECT * FROM jobs WHERE {' AND '.join(where)} ORDER BY id {direction} LIMIT ?"
        rows = self.database.rows(sql, *values, limit + 1)
        return [_job(row) for row in rows[:limit]], len(rows) > limit

    def cancel(self, job: str) -> Job:
        """Waiting jobs end now, running ones within a step. To cancel twice is no mistake; to cancel a film is."""
        with self.database.write():
            row = self._row(job)
            if row["state"] in ("queued", "paused"):
                self._end(row, "cancelled")
            elif row["state"] == "running":
                self._want(row, "cancel")
            elif row["state"] != "cancelled":
                raise Conflict(f"Job {job} is {row['state']}; only a job that is not finished can be cancelled.")
            return self.get(job)

    def pause(self, job: str) -> Job:
        with self.database.write():
            row = self._row(job)
            if row["state"] == "queued":
                self._move(row, "paused", "paused")
            elif row["state"] == "running":
                self._want(row, row["wants"] or "pause")
            elif row["state"] != "paused":
                raise Conflict(f"Job {job} is {row['state']}; only a job that waits or runs can be paused.")
            return self.get(job)

    def resume(self, job: str) -> Job:
        """A paused job waits again, and goes on where it was."""
        with self.database.write():
            row = self._row(job)
            if row["state"] == "running" and row["wants"] == "pause":
                self._want(row, "")
            elif row["state"] == "paused":
                self._requeue(row, "resumed")
            elif row["state"] not in ("queued", "running"):
                raise Conflict(f"Job {job} is {row['state']}; only a paused job can be resumed.")
            return self.get(job)

    def retry(self, job: str) -> Job:
        """A job that failed or was cancelled waits again, with all its attempts."""
        with self.database.write():
            row = self._row(job)
            if row["state"] not in ("failed", "cancelled"):
                raise Conflict(f"Job {job} is {row['state']}; only a failed or cancelled job can be tried again.")
            self._check_room()
            self.database.run(
                "UPDATE jobs SET attempts = 0, failure = NULL, finished = NULL, expires = NULL WHERE id = ?", job
            )
            self._requeue(row, "retrying")
            return self.get(job)

    def delete(self, job: str) -> Job:
        """Forget a finished job. → the job as it was; its film may go if `is_used` says no."""
        with self.database.write():
            row = self._row(job)
            if row["state"] not in FINAL:
                raise Conflict(f"Job {job} is {row['state']}; cancel it first, then it can be deleted.")
            self.database.run("DELETE FROM jobs WHERE id = ?", job)
            self.database.run("DELETE FROM events WHERE job = ?", job)
            return _job(row)

    def is_used(self, result: str) -> bool:
        """Whether any job still has this film."""
        return bool(self.database.rows("SELECT id FROM jobs WHERE result = ? LIMIT 1", result))

    # --- What workers say

    def claim(self, owner: str, *, lease: float = 30.0) -> Claim | None:
        """The job whose turn it is, leased for so many seconds; None where nothing waits.

        A job whose lease ran out comes first: its worker died. After its last attempt it has failed."""
        with self.database.write():
            while row := self._next():
                if row["state"] == "running" and (row["wants"] == "cancel" or row["attempts"] >= row["max_attempts"]):
                    self._end_lost(row)
                    continue
                return self._leased(row, owner, lease)
            return None

    def heartbeat(
        self,
        claim: Claim,
        *,
        lease: float = 30.0,
        stage: str | None = None,
        progress: float | None = None,
        seconds_left: float | None = None,
        checkpoint: str | None = None,
    ) -> str:
        """The worker lives, and how far it is. → what is wanted of it: "", "cancel" or "pause"."""
        with self.database.write():
            row, now = self._held(claim), self.clock()
            told = {"stage": stage, "progress": progress, "seconds_left": seconds_left, "checkpoint": checkpoint}
            changed = {name: value for name, value in told.items() if value is not None}
            talks = progress is not None and abs(now - row["told"]) >= TALK  # a clock may have been set back
            changed |= {"leased": now, "lease_until": now + lease} | ({"told": now} if talks else {})
            self._update(row["id"], changed)
            if talks:
                facts = {"stage": stage or row["stage"], "progress": round(progress, 4), "seconds_left": seconds_left}
                self._log(row["id"], row["key"], "progress", facts)
            return row["wants"]

    def finish(self, claim: Claim, *, result: str, digest: str) -> Job:
        """The film is there. Jobs that waited for the same film have it too."""
        with self.database.write():
            row = self._held(claim)
            self._update(row["id"], {"result": result, "digest": digest, "progress": 1.0, "checkpoint": ""})
            self._end(row, "done", {"digest": digest})
            waiting = "SELECT id FROM jobs WHERE content = ? AND state = 'queued' AND reuse = 1"
            if row["content"]:
                twins = [twin["id"] for twin in self.database.rows(waiting, row["content"])]
                self._share(self._row(row["id"]), twins)
            return self.get(row["id"])

    def fail(self, claim: Claim, failure: Failure) -> Job:
        """A machine's fault is tried again while attempts are left; anything else is the end."""
        with self.database.write():
            row = self._held(claim)
            if failure.retryable and row["attempts"] < row["max_attempts"]:
                self._requeue(row, "retrying", {"message": failure.message, "attempts": row["attempts"]})
            else:
                self._end(row, "failed", failure=failure)
            return self.get(row["id"])

    def refuse(self, claim: Claim, failure: Failure) -> Job:
        """Safety says no."""
        return self._ended(claim, "refused", failure)

    def cancelled(self, claim: Claim) -> Job:
        return self._ended(claim, "cancelled")

    def paused(self, claim: Claim) -> Job:
        """The worker has put the job down, its checkpoint written; that was no attempt."""
        with self.database.write():
            row = self._held(claim)
            self._update(row["id"], {"attempts": row["attempts"] - 1})
            self._move(row, "paused", "paused")
            return self.get(row["id"])

    def release(self, claim: Claim) -> Job:
        """The worker must go; the job waits for another, and that was no attempt."""
        with self.database.write():
            row = self._held(claim)
            self._update(row["id"], {"attempts": row["attempts"] - 1})
            self._requeue(row, "queued")
            return self.get(row["id"])

    # --- Events

    def event(self, job: str, kind: str, data: dict[str, Any] | None = None) -> None:
        """Something worth telling that changes nothing in the table: a preview, say."""
        with self.database.write():
            self._log(job, self._row(job)["key"], kind, data or {})

    def events(
        self, *, job: str | None = None, key: str | None = None, after: int = 0, limit: int = 500
    ) -> list[Event]:
        """What happened after event number `after`, in order."""
        where, values = ["number > ?"], [after]
        for name, value in (("job", job), ("key", key)):
            if value is not None:
                where.append(f"{name} = ?")
                values.append(value)
        sql = f"SELECT * FROM events WHERE {' AND '.join(where)} ORDER BY number LIMIT ?"
        rows = self.database.rows(sql, *values, limit)
        return [Event(row["number"], row["job"], row["at"], row["kind"], json.loads(row["data"])) for row in rows]

    def last_event(self) -> int:
        return self.database.rows("SELECT COALESCE(MAX(number), 0) AS last FROM events")[0]["last"]

    # --- The house

    def depth(self) -> dict[str, int]:
        """Jobs by state, and those that wait by band as "queued/high" and so on."""
        counts = dict.fromkeys(STATES, 0) | {f"queued/{band}": 0 for band in BANDS}
        for row in self.database.rows("SELECT state, band, COUNT(*) AS num FROM jobs GROUP BY state, band"):
            counts[row["state"]] += row["num"]
            if row["state"] == "queued":
                counts[f"queued/{row['band']}"] += row["num"]
        return counts

    def position(self, job: Job) -> int | None:
        """How many jobs are served before this one, as things stand; None where it does not wait."""
        if job.state != "queued":
            return None
        tag = self._row(job.id)["tag"]
        sql = "SELECT COUNT(*) AS num FROM jobs WHERE state = 'queued' AND (tag < ? OR (tag = ? AND id < ?))"
        return self.database.rows(sql, tag, tag, job.id)[0]["num"]

    def films(self) -> dict[str, int]:
        """Films that were made, and those that were there already when somebody asked."""
        sql = "SELECT same_as <> '' AS reused, COUNT(*) AS num FROM jobs WHERE state = 'done' GROUP BY same_as <> ''"
        counts = {bool(row["reused"]): row["num"] for row in self.database.rows(sql)}
        return {"made": counts.get(False, 0), "reused": counts.get(True, 0)}

    def of_idempotency(self, key: str, idempotency: str) -> Job | None:
        """The job that was made under this idempotency key, if it is still there."""
        rows = self.database.rows("SELECT * FROM jobs WHERE key = ? AND idempotency = ?", key, idempotency)
        return _job(rows[0]) if rows else None

    def recent(self, num: int = 50) -> list[tuple[float, float]]:
        """(cost, seconds from start to end) of the last films that were made, for estimates."""
        sql = (
            "SELECT cost, finished - started AS spent FROM jobs"
            " WHERE state = 'done' AND same_as = '' AND finished > started ORDER BY finished DESC LIMIT ?"
        )
        return [(row["cost"], row["spent"]) for row in self.database.rows(sql, num)]

    def purge(self) -> list[Job]:
        """Forget what has expired. → those jobs; a film may go if `is_used` says no."""
        now = self.clock()
        with self.database.write():
            rows = self.database.rows("SELECT * FROM jobs WHERE expires IS NOT NULL AND expires <= ?", now)
            for row in rows:
                self.database.run("DELETE FROM jobs WHERE id = ?", row["id"])
            self.database.run("DELETE FROM events WHERE at <= ?", now - EVENTS_KEPT)
            self.database.run("DELETE FROM deliveries WHERE done IS NOT NULL AND done <= ?", now - EVENTS_KEPT)
        return [_job(row) for row in rows]

    def close(self) -> None:
        self.database.close()

    # --- Inside

    def _row(self, job: str) -> Row:
        rows = self.database.rows("SELECT * FROM jobs WHERE id = ?", job)
        if not rows:
            raise UnknownJob(job)
        return rows[0]

    def _held(self, claim: Claim) -> Row:
        """The claim's row, if it is still the claim's."""
        rows = self.database.rows("SELECT * FROM jobs WHERE id = ? AND token = ?", claim.job.id, claim.token)
        if not rows or rows[0]["state"] != "running":
            raise LeaseLost(f"Job {claim.job.id} is no longer this worker's: its lease ran out, or it was deleted.")
        return rows[0]

    def _insert(self, job: Job, *, reuse: bool, cost: float, tag: float) -> None:
        values = {name: getattr(job, name) for name in FIELDS}
        values |= {"request": _json(job.request), "extra": _json(job.extra), "failure": None}
        prompt = str(job.request.get("prompt", "")).lower()
        values |= {"prompt": prompt, "reuse": int(reuse), "cost": cost, "tag": tag, "told": 0.0, "token": ""}
        marks = ", ".join("?" * len(values))
        self.database.run(f"INSERT INTO jobs ({', '.join(values)}) VALUES ({marks})", *values.values())

    def _update(self, job: str, values: dict[str, Any]) -> None:
        sets = ", ".join(f"{name} = ?" for name in values)
        self.database.run(f"UPDATE jobs SET {sets} WHERE id = ?", *values.values(), job)

    def _of_idempotency(self, key: str, idempotency: str, request: dict[str, Any]) -> Job | None:
        known = self.of_idempotency(key, idempotency)
        if known and known.request != json.loads(_json(request)):
            raise Conflict(f"The idempotency key {idempotency!r} was used for another request, job {known.id}.")
        return known

    def _check_room(self) -> None:
        waiting = self.database.rows("SELECT COUNT(*) AS num FROM jobs WHERE state = 'queued'")[0]["num"]
        if waiting >= self.queue_cap:
            raise QueueFull(f"{waiting} jobs wait, and no more than {self.queue_cap} may.", retry_after=30)

    def _tag(self, key: str, band: str, cost: float) -> float:
        """Where a new job starts in its flow's time; the flow moves on by the job's cost over its weight."""
        flow, weight = f"{band}/{key}", SHARES[band] * self.keys.limits(key).weight
        tags = {r["flow"]: r["tag"] for r in self.database.rows("SELECT * FROM flows WHERE flow IN ('now', ?)", flow)}
        tag = max(tags["now"], tags.get(flow, 0.0))
        sql = (
            "INSERT INTO flows (flow, tag) VALUES (?, ?) ON CONFLICT (flow) DO UPDATE SET tag = EXCLUDED.tag"
            if flow not in tags
            else "UPDATE flows SET tag = ? WHERE flow = ?"
        )
        values = (flow, tag + cost / weight)
        self.database.run(sql, *(values if flow not in tags else values[::-1]))
        return tag

    def _next(self) -> Row | None:
        """A job whose lease ran out; else the least tag among those that wait, but for twins of what is being made."""
        now = self.clock()
        self._begin_again_what_begins_later(now)
        lost = "SELECT * FROM jobs WHERE state = 'running' AND lease_until < ? ORDER BY lease_until LIMIT 1"
        if rows := self.database.rows(lost, now):
            return rows[0]
        waiting = (
            "SELECT * FROM jobs AS j WHERE state = 'queued' AND NOT (content <> '' AND reuse = 1 AND EXISTS"
            " (SELECT 1 FROM jobs AS r WHERE r.content = j.content AND r.state = 'running')) ORDER BY tag, id LIMIT 1"
        )
        rows = self.database.rows(waiting)
        return rows[0] if rows else None

    def _begin_again_what_begins_later(self, now: float) -> None:
        """Leases that were given before the clock was set back begin now, lest a dead worker's outlast the jump."""
        sql = (
            "UPDATE jobs SET lease_until = ? + (lease_until - leased), leased = ?"
            " WHERE state = 'running' AND leased > ?"
        )
        self.database.run(sql, now, now, now)

    def _leased(self, row: Row, owner: str, lease: float) -> Claim:
        now, token = self.clock(), secrets.token_hex(16)
        changed = {
            "state": "running", "lease_owner": owner, "leased": now, "lease_until": now + lease, "token": token,
            "told": 0.0, "attempts": row["attempts"] + 1, "started": row["started"] or now,
        }  # fmt: skip
        self._update(row["id"], changed)
        self.database.run("UPDATE flows SET tag = ? WHERE flow = 'now' AND tag < ?", row["tag"], row["tag"])
        self._log(row["id"], row["key"], "claimed", {"owner": owner, "attempt": row["attempts"] + 1})
        return Claim(self.get(row["id"]), token, now + lease)

    def _end_lost(self, row: Row) -> None:
        """A worker died with a job that nobody should try again."""
        if row["wants"] == "cancel":
            self._end(row, "cancelled")
            return
        message = f"Its worker died {row['attempts']} times while making it."
        self._end(row, "failed", failure=Failure("lease_lost", message, retryable=True))

    def _ended(self, claim: Claim, state: str, failure: Failure | None = None) -> Job:
        with self.database.write():
            row = self._held(claim)
            self._end(row, state, failure=failure)
            return self.get(row["id"])

    def _end(self, row: Row, state: str, data: dict[str, Any] | None = None, failure: Failure | None = None) -> None:
        now, told = self.clock(), None if failure is None else dataclasses.asdict(failure)
        self._update(row["id"], {"finished": now, "expires": now + self.retention, "failure": _json(told)})
        self._move(row, state, state, (data or {}) | ({} if told is None else {"failure": told}))
        owe(self.database, row["id"], row["webhook"], state, now)

    def _move(self, row: Row, state: str, kind: str, data: dict[str, Any] | None = None) -> None:
        """Into a state in which no worker has the job."""
        free = {"lease_owner": "", "lease_until": None, "token": "", "wants": "", "seconds_left": None}
        self._update(row["id"], {"state": state, **free})
        self._log(row["id"], row["key"], kind, data or {})

    def _requeue(self, row: Row, kind: str, data: dict[str, Any] | None = None) -> None:
        """It keeps its place: its tag is older than those of jobs that came after it."""
        self._move(row, "queued", kind, data)

    def _want(self, row: Row, wants: str) -> None:
        """Asked of the worker; whoever watches hears of it now, and of what came of it within a step."""
        if wants != row["wants"]:
            self._update(row["id"], {"wants": wants})
            self._log(row["id"], row["key"], "wants", {"wants": wants})

    def _twin(self, content: str, job: str) -> Row | None:
        sql = "SELECT * FROM jobs WHERE content = ? AND state = 'done' AND id <> ? AND expires > ? LIMIT 1"
        rows = self.database.rows(sql, content, job, self.clock())
        return rows[0] if rows else None

    def _share(self, twin: Row, jobs: Sequence[str]) -> None:
        """These jobs have the film of `twin`."""
        for job in jobs:
            same_as = twin["same_as"] or twin["id"]
            shared = {"result": twin["result"], "digest": twin["digest"], "same_as": same_as, "progress": 1.0}
            self._update(job, {**shared, "started": self.clock()})
            self._end(self._row(job), "done", {"digest": twin["digest"], "same_as": same_as})

    def _log(self, job: str, key: str, kind: str, data: dict[str, Any]) -> None:
        sql = "INSERT INTO events (job, key, at, kind, data) VALUES (?, ?, ?, ?, ?)"
        self.database.run(sql, job, key, self.clock(), kind, _json(data))


def content_of(request: dict[str, Any], model_digest: str) -> str:
    """The same for requests whose films are the same, bit for bit."""
    return hashlib.sha256(_json({"model": model_digest, **request}).encode()).hexdigest()


def _job(row: Row) -> Job:
    values = {name: row[name] for name in FIELDS}
    failure = json.loads(row["failure"]) if row["failure"] else None
    values |= {"request": json.loads(row["request"]), "extra": json.loads(row["extra"])}
    return Job(**values | {"failure": None if failure is None else Failure(**failure)})


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


_last = [0]
_ids = threading.Lock()


def _new_id(now: float) -> str:
    """`video_` and 24 signs in order of time, also within a millisecond of one process."""
    with _ids:
        _last[0] = moment = max(int(now * 1e6), _last[0] + 1)
    number = moment << 64 | secrets.randbits(64)
    return "video_" + "".join(ALPHABET[number >> shift & 31] for shift in range(115, -1, -5))


__all__ = ["Conflict", "JobTable", "LeaseLost", "QueueFull", "QuotaExceeded", "UnknownJob", "content_of", "open_table"]
