"""Webhooks: told to a client's own address when a job ends, signed after the Standard Webhooks specification.

The table owes each delivery since the moment the job ended. A delivery is put off before it is sent, so that of
several web processes one sends it; a receiver may still hear it twice (the answer got lost), under the same id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from filmloom.core.errors import FilmloomError
from filmloom.serve import deliveries
from filmloom.serve.deliveries import Delivery
from filmloom.serve.fetching import FetchError, asked
from filmloom.serve.table import JobTable

LOG = logging.getLogger("filmloom.serve")
LOOK, HOLD, TIMEOUT = 1.0, 60.0, 10.0  # seconds: between looks; that a delivery is one sender's; for an answer


class Sender:
    """A thread that sends what is due."""

    def __init__(
        self,
        table: JobTable,
        secret: str,
        *,
        allow_private: bool = False,
        heard: Callable[[bool], None] = lambda went_well: None,
    ):
        self.table, self.secret, self.allow_private, self.heard = table, secret, allow_private, heard
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(TIMEOUT + 5)

    def send_due(self) -> int:
        """Everything that is due now, once. → how many were sent well."""
        now = self.table.clock()
        database = self.table.database
        return sum(self._sent(o) for o in deliveries.due(database, now) if deliveries.held(database, o, now, HOLD))

    def _run(self) -> None:
        while not self._stopping.wait(LOOK):
            try:
                self.send_due()
            except FilmloomError as error:  # the table is busy or full; what is due stays due
                LOG.warning("webhooks wait", extra={"facts": {"error": str(error)}})

    def _sent(self, delivery: Delivery) -> bool:
        body = event(delivery, self.table.clock())
        headers = signed(body, self.secret, f"evt_{delivery.number}", self.table.clock())
        try:
            status, _ = asked(
                "POST", delivery.url, body=body, headers=headers, timeout=TIMEOUT, allow_private=self.allow_private
            )
            went_well, why = 200 <= status < 300, f"answered {status}"
        except FetchError as error:
            went_well, why = False, error.rule
        settle = deliveries.sent if went_well else deliveries.missed
        settle(self.table.database, delivery, self.table.clock())
        self.heard(went_well)
        LOG.info("webhook", extra={"facts": {"job": delivery.job, "ok": went_well, "why": why}})
        return went_well


def event(delivery: Delivery, now: float) -> bytes:
    """OpenAI's event."""
    facts = {"id": f"evt_{delivery.number}", "object": "event", "created_at": int(now), "type": delivery.kind}
    return json.dumps(facts | {"data": {"id": delivery.job}}).encode()


def signed(body: bytes, secret: str, message_id: str, now: float) -> dict[str, str]:
    """The headers that prove a body: HMAC-SHA256 of `id.seconds.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{message_id}.{int(now)}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def house_secret(folder: Path) -> str:
    """The secret that all webhooks of this house are signed with; made when first asked for, for its owner's eyes."""
    path = folder / "webhook.secret"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".webhook.{secrets.token_hex(6)}"
    if not path.is_file():
        part.touch(0o600)
        part.write_text(f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}\n", encoding="utf-8")
        try:
            os.link(part, path)  # of two that make one at once, the first is everyone's
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_text(encoding="utf-8").strip()
