"""From what a client asks to a job in the table: the one way in, of the HTTP API and of the command line.

    order = ordered({"prompt": "a red car", "seconds": 4}, rules=rules)
    job = submit(table, order, key=key.id)

A field that nobody knows is answered with a warning. What is kept of a request are the fields that were given, in one
form each, so that two ways to say the same thing are one film.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from filmloom import __version__
from filmloom.core.errors import RequestError
from filmloom.finishing.house import House
from filmloom.generate.beats import unknown
from filmloom.generate.request import MODES, Request, check, model_folder
from filmloom.serve.messages import Job
from filmloom.serve.table import JobTable, content_of
from filmloom.world.scene import Scene, nearest_word

FULL_PIXELS = 1280 * 720
TEXT, NUMBER, WHOLE, YES = ({"type": kind} for kind in ("string", "number", "integer", "boolean"))
# What a film is asked for, each with the schema that the OpenAPI page shows. What is a fraction is "30000/1001".
FIELDS: dict[str, dict[str, Any]] = {
    "prompt": TEXT | {"maxLength": 512, "description": "What the film shows."},
    "size": TEXT | {"example": "1280x720", "description": "WIDTHxHEIGHT in pixels, 16:9."},
    "seconds": NUMBER | {"minimum": 0.1, "maximum": 60},
    "fps": {"oneOf": [NUMBER | {"minimum": 1, "maximum": 120}, TEXT | {"example": "30000/1001"}]},
    "seed": WHOLE | {"minimum": 0, "maximum": 2**63 - 1},
    "mode": TEXT | {"enum": list(MODES)},
    "scene": {"description": "A Scene, or several one after the other, as `filmloom plan` prints them.",
              "oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
    "steps": WHOLE | {"minimum": 1, "maximum": 100},
    "guidance": NUMBER, "guidance_high": NUMBER, "guidance_low": NUMBER, "shift": NUMBER,
    "negative": TEXT,
    "start": TEXT | {"description": "The name of an uploaded film to begin from."},
    "strength": NUMBER | {"minimum": 0.01, "maximum": 1},
    "image": TEXT | {"description": "The name of an uploaded picture for the first frame, where the model takes one."},
    "model": TEXT,
    "fast": YES, "silent": YES,
    "within": NUMBER | {"description": "Seconds in which the film is to be done."},
}  # fmt: skip
OPERATORS = ("device", "threads")  # fields of Request that are no client's to choose
DEFAULTS = {field.name: field.default for field in dataclasses.fields(Request)}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What an order is checked against. `uploaded` finds the file of an upload's name, or raises RequestError."""

    house: House
    models: Mapping[str, str]
    uploaded: Callable[[str], Path]


@dataclass(frozen=True, kw_only=True)
class Order:
    """A request that may be filmed, as the table keeps it, and what its client should know."""

    request: dict[str, Any]
    content: str
    cost: float  # in seconds of film at 1280x720
    warnings: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()


def ordered(fields: Mapping[str, Any], *, rules: Rules, warnings: Sequence[str] = ()) -> Order:
    """All that can be checked before a model is loaded; RequestError or SafetyError where it cannot be filmed."""
    known = {name: value for name, value in fields.items() if name in FIELDS and value is not None}
    model = _model(known.get("model"), rules.models)
    request = request_of(known | {"model": model}, uploaded=rules.uploaded)
    check(request)
    for name in ("fast", "silent"):
        if not isinstance(getattr(request, name), bool):
            raise RequestError(name, getattr(request, name), "it must be true or false", "false")
    rules.house.screened(request.prompt)
    kept = _kept(known, request)
    return Order(
        request=kept,
        content=content_of(_counted(kept), film_digest(model_folder(model), rules.house)),
        cost=cost_of(request),
        warnings=(*warnings, *_remarks(fields)),
        unknown_words=unknown(request.prompt),
    )


def _counted(value: Any) -> Any:
    """Whole numbers as integers, however deep: a browser's JSON writes 4.0 as 4, and asks for the same film."""
    if isinstance(value, dict):
        return {name: _counted(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_counted(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def submit(table: JobTable, order: Order, *, extra: Mapping[str, Any] | None = None, **told: Any) -> Job:
    """The order as a job. `told`: key, band, idempotency, webhook, remix_of, reuse, as `JobTable.submit` takes them."""
    notes = {"warnings": list(order.warnings), "unknown_words": list(order.unknown_words)}
    return table.submit(order.request, content=order.content, cost=order.cost, extra={**(extra or {}), **notes}, **told)


def cost_of(request: Request) -> float:
    """In seconds of film at 1280x720."""
    return float(request.seconds) * request.size.width * request.size.height / FULL_PIXELS


def request_of(kept: Mapping[str, Any], *, uploaded: Callable[[str], Path]) -> Request:
    """The Request that a job's JSON values mean."""
    values = dict(kept)
    if isinstance(values.get("fps"), str):
        values["fps"] = _rate(values["fps"])
    if values.get("scene") is not None:
        values["scene"] = _scenes(values["scene"])
    for name in ("start", "image"):
        if values.get(name) is not None:
            values[name] = _within(name, uploaded, str(values[name]))
    return Request(**values)


def film_digest(folder: Path, house: House) -> str:
    """The same where the same request yields the same file: release, weights, and the house's marks and labels."""
    record = folder / "model.json"
    trust = dataclasses.replace(house.trust, signer=None)
    parts = (__version__, str(folder) if not record.is_file() else record.read_text(encoding="utf-8"), repr(trust))
    signs = "signed" if house.trust.signer else ""
    return hashlib.sha256("\0".join((*parts, house.watermark_key.hex(), signs)).encode()).hexdigest()


def _model(name: object, models: Mapping[str, str]) -> str:
    default = next(iter(models))
    if name is None:
        return models[default]
    if not isinstance(name, str) or name not in models:
        raise RequestError("model", name, f"it must be one of {', '.join(models)}", default)
    return models[name]


def _kept(known: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """In one form each, without what is the default anyway."""
    forms = {"size": str(request.size), "seconds": float(request.seconds), "model": request.model}
    forms["fps"] = str(request.rate) if isinstance(known.get("fps"), str) else request.fps
    always = ("prompt", "size", "seconds", "model")
    kept = {name: forms.get(name, value) for name, value in known.items() if value != DEFAULTS[name]}
    return kept | {name: forms.get(name, getattr(request, name)) for name in always}


def _remarks(fields: Mapping[str, Any]) -> list[str]:
    """A line for each field that was passed over."""
    lines = []
    for name in fields:
        if name in OPERATORS:
            lines.append(f"{name} was ignored: the operator chooses it.")
        elif name not in FIELDS:
            near = nearest_word(name, list(FIELDS))
            lines.append(f"{name[:60]} was ignored: there is no such field." + ("" if "," in near else f" {near}?"))
    return lines


def _rate(text: str) -> Fraction:
    match = re.fullmatch(r"(\d{1,6})(?:\.(\d{1,6}))?|(\d{1,7})/([1-9]\d{0,6})", text)
    if not match:
        raise RequestError("fps", text, "it must be a number or a fraction", "30000/1001")
    return Fraction(text)


def _scenes(given: object) -> Scene | list[Scene]:
    if isinstance(given, list):
        return [_within(f"scene[{number}]", _scene, one) for number, one in enumerate(given)]
    return _within("scene", _scene, given)


def _within(field: str, read: Callable[[Any], Any], value: Any) -> Any:
    """What is wrong inside a field is told as the field's."""
    try:
        return read(value)
    except RequestError as error:
        inner = error.field.removeprefix("scene.")
        name = field if inner in ("scene", "upload", "start") else f"{field}.{inner}"
        raise RequestError(name, error.value, error.rule, error.nearest) from None


def _scene(given: object) -> Scene:
    try:
        return Scene.from_json(json.dumps(given))
    except (TypeError, ValueError, OverflowError, KeyError, AttributeError) as error:
        raise RequestError("scene", given, f"it must be a Scene ({error})") from None
