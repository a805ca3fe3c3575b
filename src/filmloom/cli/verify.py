"""`filmloom verify`: what a film says of its origin, and whether to believe it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.options import AsJson
from filmloom.core.errors import UserError

SHOWN = ("prompt", "mode", "made_by", "seed", "size", "fps", "model", "model_digest")
INVALID = 3


def verify(
    film: Annotated[Path, typer.Argument(help="The film to look at.")],
    trust_anchor: Annotated[
        Path | None, typer.Option(help="PEM file of the root certificates to believe; then a film must be Trusted.")
    ] = None,
    watermark_key: Annotated[
        Path | None, typer.Option(help="File whose bytes are the watermark's key. Default: the public key.")
    ] = None,
    watermark: Annotated[
        bool, typer.Option(help="Look for a watermark: a minute or so where there is none to find.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Print a film's provenance, its AIGC label, its settings and its watermark.

    Exits with 3 if the film was changed after it was signed or, with --trust-anchor, if it is not signed under one of
    these certificates; with 0 otherwise, also for a film that carries nothing.
    """
    found = examined(film, trust_anchor=trust_anchor, watermark_key=watermark_key, watermark=watermark)
    print(json.dumps(found, ensure_ascii=False, indent=2) if as_json else "\n".join(lines(found)))
    state = found["provenance"]["state"]
    if state == "Invalid" or (trust_anchor and state != "Trusted"):
        raise typer.Exit(INVALID)


def examined(
    film: Path, *, trust_anchor: Path | None = None, watermark_key: Path | None = None, watermark: bool = True
) -> dict:
    """All findings as plain values. Settings are the signed ones where the signature holds."""
    from filmloom.finishing.label import described, read_label

    label = read_label(film)
    provenance = _provenance(film, trust_anchor)
    is_signed = provenance["state"] in ("Trusted", "Valid") and bool(provenance["settings"])
    return {
        "film": str(film),
        "provenance": provenance,
        "aigc": None if label is None else {**dataclasses.asdict(label), "told": described(label)},
        "settings": provenance["settings"] if is_signed else _unsigned(film),
        "settings_are_signed": is_signed,
        "watermark": _watermark(film, watermark_key) if watermark else None,
    }


def lines(found: dict) -> Iterator[str]:
    """For people. What strangers wrote into the file cannot steer the terminal."""
    provenance, settings, mark = found["provenance"], found["settings"], found["watermark"]
    by = f", signed by {provenance['issuer']!r}" if provenance["issuer"] else ""
    yield _printable(f"provenance  {provenance['state']}{by}")
    for action in provenance["actions"]:
        kind = str(action.get("digitalSourceType", "")).rpartition("/")[2]
        yield _printable(
            "            " + ", ".join(filter(None, (action.get("action"), kind, action.get("description"))))
        )
    for name in provenance["ingredients"]:
        yield _printable(f"            made from {name!r}")
    for problem in provenance["problems"]:
        yield _printable(f"            {problem}")
    yield _printable(f"AIGC label  {found['aigc']['told'] if found['aigc'] else 'none'}")
    told = ", ".join(f"{name} {settings[name]}" for name in SHOWN if settings.get(name) not in (None, ""))
    signed = "signed" if found["settings_are_signed"] else "not signed"
    yield _printable(f"settings    {f'{told} ({signed})' if settings else 'none'}")
    yield _printable(f"watermark   {_told(mark)}")


def _told(mark: dict | None) -> str:
    if mark is None:
        return "not looked for"
    if mark["payload"] is None:
        return f"none under {mark['key']}"
    return f"{mark['payload']:#018x} under {mark['key']}; by chance below {mark['false_positive_bound']:.1e}"


def _provenance(film: Path, trust_anchor: Path | None) -> dict:
    """Where the reader is not installed, a film is not checked, and that is said; asked for trust, it is an error."""
    from filmloom.finishing.provenance import Provenance, is_mp4, read_provenance

    if not is_mp4(film):
        return dataclasses.asdict(Provenance("Absent", problems=("not an MP4",)))
    try:
        return dataclasses.asdict(read_provenance(film, trust_anchors=trust_anchor))
    except UserError as error:
        if trust_anchor is not None:
            raise
        return dataclasses.asdict(Provenance("Unchecked", problems=(str(error),)))


def _unsigned(film: Path) -> dict:
    from filmloom.finishing.mp4 import read_settings

    try:
        settings = read_settings(film)
    except UserError:
        return {}
    return settings if isinstance(settings, dict) else {}


def _watermark(film: Path, key: Path | None) -> dict:
    from filmloom.finishing.read import open_film
    from filmloom.finishing.watermark import PUBLIC_KEY, read_watermark

    with open_film(film) as opened:
        reading = read_watermark(opened.chunks(8), _key(key) if key else PUBLIC_KEY)
    return {**dataclasses.asdict(reading), "key": str(key) if key else "the public key"}


def _key(path: Path) -> bytes:
    if not path.is_file():
        raise UserError(f"{path} does not exist; give the file that holds the watermark's key.")
    return path.read_bytes()


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
