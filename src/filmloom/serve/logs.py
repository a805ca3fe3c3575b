"""The house's log: one JSON object a line, with the job it is about, and without what is nobody's to read."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "facts"}
SECRETS = (
    (re.compile(r"\bfl-[0-9a-f]{12}-[\w-]{8,}"), "fl-…"),
    (re.compile(r"\bwhsec_[\w+/=-]+"), "whsec_…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"']+"), r"\1 …"),
    (re.compile(r"(?i)(://)[^/\s@\"']+@"), r"\1…@"),  # the user and password of an address
    (re.compile(r"(?i)\b((?:x-amz-)?(?:signature|token|secret|password|api_?key)=)[^&\s\"']+"), r"\1…"),
)
PRIVATE = ("prompt", "negative", "request", "authorization", "secret")  # fields that are a client's own


def redacted(text: str) -> str:
    """A text without keys, passwords and signatures."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


class JsonLines(logging.Formatter):
    """What a record says, and the facts it was given: `extra={"job": ...}`, or several as `extra={"facts": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {"at": round(record.created, 3), "level": record.levelname.lower()}
        told["what"] = record.getMessage()
        given = {name: value for name, value in vars(record).items() if name not in USUAL}
        given |= getattr(record, "facts", {})
        told |= {name: value for name, value in given.items() if name not in PRIVATE}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return redacted(json.dumps(told, ensure_ascii=False, default=str))


def log_lines() -> None:
    """To standard error, unless somebody else has taken the log in hand."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
