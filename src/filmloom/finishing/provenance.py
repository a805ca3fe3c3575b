"""Where a film came from, signed: a C2PA manifest, the last thing done to a file, and a sidecar that tells the same.

    trust = Trust(signer=Signer.from_files("keys/certificates.pem", "keys/key.pem"))
    tags = trust.tags(settings)                              # into the container, while it is written
    seal("film.mp4", settings, trust=trust, report=report)   # then: sign, and write film.mp4.json
    read_provenance("film.mp4", trust_anchors="keys/root.pem").state      # "Trusted"

The signature covers every byte of the film but `ftyp`, `free` and the manifest itself, which is signed on its own. Any
later rewriting, a stream copy too, breaks or drops it; what survives that are the tags (see label.py).
Specification: C2PA 2.x, https://spec.c2pa.org. Source types: IPTC, https://cv.iptc.org/newscodes/digitalsourcetype.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import secrets
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filmloom import __version__
from filmloom.core.errors import RequestError, UserError
from filmloom.finishing.authority import Signer, missing_trust, read_certificates
from filmloom.finishing.label import Label, container_tags, label_of

GENERATION = "org.filmloom.generation"  # our assertion: settings, report and switches
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED, ALGORITHMIC = SOURCE_TYPE + "trainedAlgorithmicMedia", SOURCE_TYPE + "algorithmicMedia"
COMPOSITE = SOURCE_TYPE + "compositeWithTrainedAlgorithmicMedia"
ACTIONS = (
    "c2pa.edited", "c2pa.color_adjustments", "c2pa.cropped", "c2pa.filtered", "c2pa.resized", "c2pa.orientation",
    "c2pa.transcoded", "c2pa.watermarked.bound", "c2pa.drawing", "c2pa.dubbed", "c2pa.translated",
)  # fmt: skip
WORDS = ("prompt", "negative", "unknown_words", "notes", "text")  # where a user's own words are kept
AGENT = {"name": "filmloom", "version": __version__}


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Switches of an operator. All is on that can be; what is off is written down as off, in the film and beside it.

    `provenance` needs a `signer`. `visible`: text of a label in the picture, which is off while empty. `watermark`,
    `visible` and `safety` are carried out by others: here they are only told."""

    signer: Signer | None = None
    provenance: bool = True
    aigc: bool = True
    watermark: bool = True
    visible: str = ""
    sidecar: bool = True
    omit_prompt: bool = False
    producer: str = "filmloom"

    def record(self) -> dict[str, str]:
        """Each switch as "on" or "off", with the reason."""
        signed = "off: no signer was given" if self.provenance and self.signer is None else _switch(self.provenance)
        return {
            "provenance": signed, "aigc": _switch(self.aigc), "watermark": _switch(self.watermark),
            "visible": _switch(bool(self.visible)), "sidecar": _switch(self.sidecar),
            "prompt": "omitted on request" if self.omit_prompt else "kept",
        }  # fmt: skip

    def told(self, settings: dict) -> dict:
        """The settings as they leave the house: without prompts where asked, with the switches."""
        shown = without_words(settings) if self.omit_prompt else dict(settings)
        return {**shown, "trust": self.record()}

    def label(self, settings: dict) -> Label | None:
        """The AIGC label, None while it is off."""
        return label_of(self.told(settings), producer=self.producer) if self.aigc else None

    def tags(self, settings: dict) -> dict[str, str]:
        """What goes into the container while it is written, with label.MOVFLAGS."""
        return container_tags(self.told(settings), self.label(settings))


@dataclass(frozen=True)
class Edit:
    """One thing done to a film after it was made or opened. `is_learned`: a trained model put pixels into it."""

    action: str = "c2pa.edited"
    description: str = ""
    is_learned: bool = False

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise RequestError("action", self.action, f"it must be one of {', '.join(ACTIONS)}", "c2pa.edited")


@dataclass(frozen=True)
class Provenance:
    """What a film's manifest says, and whether to believe it.

    `state`: "Trusted": whole, and signed under one of the trust anchors given. "Valid": whole, by a signer who is not
    among them. "Invalid": changed since it was signed, or malformed: believe none of the rest. "Absent": no manifest.
    `issuer`: organisation in the certificate, which anyone can write unless the state is Trusted."""

    state: str
    issuer: str = ""
    generator: str = ""
    title: str = ""
    actions: tuple[dict, ...] = ()
    ingredients: tuple[str, ...] = ()
    settings: dict = field(default_factory=dict)
    report: dict = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def seal(
    path: str | Path,
    settings: dict,
    *,
    trust: Trust,
    report: dict | None = None,
    parent: str | Path | None = None,
    edits: Sequence[Edit] = (),
    title: str = "",
    sidecar: str | Path | None = None,
) -> dict[str, str]:
    """The last step of a film in an MP4: sign it in place, then write its sidecar. Returns what was done, by switch.

    `parent`: the film that it was edited from. `title` and `sidecar`, where `path` is not yet its final name."""
    path, told = Path(path), trust.told(settings)
    report = without_words(report or {}) if trust.omit_prompt else report or {}
    title = title or path.name
    if trust.provenance and trust.signer:
        sign(path, trust.signer, settings=told, report=report, parent=parent, edits=edits, title=title)
    if trust.sidecar:
        beside = Path(sidecar or f"{path}.json")
        write_sidecar(beside, path, settings=told, report=report, label=trust.label(settings), title=title)
    return trust.record()


def sign(
    path: str | Path,
    signer: Signer,
    *,
    settings: dict,
    report: dict | None = None,
    parent: str | Path | None = None,
    edits: Sequence[Edit] = (),
    title: str = "",
) -> Path:
    """Put a signed manifest into the MP4 at `path`, which is replaced once the signature stands and else left alone.

    The library holds the file's bytes in memory once while it signs (155 MiB for 146 MiB); reading needs a few MiB."""
    c2pa, path = _c2pa(), Path(path)
    _check_mp4(path)
    manifest = _manifest(settings, report or {}, parent is not None, edits, title or path.name)
    part = path.with_name(f".{path.stem[:80]}.{secrets.token_hex(4)}.part")
    try:
        with (
            _told(signer) as telling,
            _context(c2pa) as context,
            c2pa.Builder(manifest, context) as builder,
        ):
            _add_parent(builder, parent)
            with path.open("rb") as source, part.open("w+b") as signed:
                builder.sign(_native(c2pa, telling), "video/mp4", source, signed)
        os.chmod(part, path.stat().st_mode & 0o777)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read_provenance(path: str | Path, *, trust_anchors: str | Path | None = None) -> Provenance:
    """What the manifest in a film says, checked. `trust_anchors`: PEM file of the roots to believe.

    Nothing is fetched: a manifest kept elsewhere counts as absent."""
    c2pa, path = _c2pa(), Path(path)
    _check_mp4(path)
    anchors = read_certificates(trust_anchors) if trust_anchors else ""
    try:
        with (
            _context(c2pa, anchors) as context,
            path.open("rb") as film,
            c2pa.Reader("video/mp4", film, context=context) as reader,
        ):
            return _provenance(json.loads(reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return Provenance("Absent")
    except c2pa.C2paError as error:  # it is an MP4, so what cannot be parsed is the manifest
        return Provenance("Invalid", problems=(str(error),))


def source_type(settings: dict) -> str:
    """IPTC's digital source type of a film by its settings.

    Modes text and plan are diffusion: trained. Mode draw is a program's drawing of a planned Scene: no pixel comes from
    a trained model, so it is algorithmic, although a trained planner may have chosen what is drawn."""
    return ALGORITHMIC if settings.get("mode") == "draw" else TRAINED


def without_words(settings: dict) -> dict:
    """The same without the user's words, at any depth; `omitted` lists what was left out."""
    omitted: set[str] = set()
    return {**_stripped(settings, omitted), "omitted": sorted(omitted)}


# --- The sidecar


def write_sidecar(
    sidecar: str | Path, film: str | Path, *, settings: dict, report: dict, label: Label | None, title: str = ""
) -> Path:
    """JSON beside a finished film: what is in it and its SHA-256. It appears whole or not at all."""
    sidecar, film = Path(sidecar), Path(film)
    with film.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    told = {
        "film": title or film.name, "sha256": digest, "filmloom": __version__, "settings": _plain(settings),
        "report": _plain(report), "aigc": label.fields() if label else None,
    }  # fmt: skip
    part = sidecar.with_name(f".{sidecar.stem[:80]}.{secrets.token_hex(4)}.part")
    try:
        part.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        os.replace(part, sidecar)
    finally:
        part.unlink(missing_ok=True)
    return sidecar


def read_sidecar(film: str | Path) -> dict:
    """The sidecar of a film, if it still belongs to it."""
    film = Path(film)
    try:
        told = json.loads(Path(f"{film}.json").read_text(encoding="utf-8"))
        with film.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read ({error.strerror}).") from None
    except ValueError:
        raise UserError(f"{film}.json is not JSON.") from None
    if not isinstance(told, dict) or told.get("sha256") != digest:
        raise UserError(f"{film}.json was written for another film, or {film.name} has changed since.")
    return told


# --- The manifest


def _manifest(settings: dict, report: dict, has_parent: bool, edits: Sequence[Edit], title: str) -> dict:
    """Assertions that we make ourselves are `created`: the signer answers for them (C2PA 2.x, "claim v2")."""
    actions = [_opened() if has_parent else _created(settings), *map(_edited, edits)]
    generation = {"settings": _plain(settings), "report": _plain(report)}
    return {
        "claim_generator_info": [AGENT],
        "title": title,
        "format": "video/mp4",
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": actions}, "created": True},
            {"label": GENERATION, "data": generation, "created": True},
        ],
    }


PARENT = "parent"  # by which the action finds its ingredient; the library turns it into a link


def _created(settings: dict) -> dict:
    return {"action": "c2pa.created", "softwareAgent": AGENT, "digitalSourceType": source_type(settings)}


def _opened() -> dict:
    return {"action": "c2pa.opened", "softwareAgent": AGENT, "parameters": {"ingredientIds": [PARENT]}}


def _edited(edit: Edit) -> dict:
    told = {"action": edit.action, "softwareAgent": AGENT}
    if edit.description:
        told["description"] = edit.description
    return {**told, "digitalSourceType": COMPOSITE} if edit.is_learned else told


def _add_parent(builder, parent: str | Path | None) -> None:
    if parent is None:
        return
    _check_mp4(Path(parent))
    ingredient = {"title": Path(parent).name, "relationship": "parentOf", "label": PARENT}
    with Path(parent).open("rb") as film:
        builder.add_ingredient(json.dumps(ingredient), "video/mp4", film)


def _provenance(store: dict) -> Provenance:
    """From the reader's JSON. The manifest may be anybody's, so nothing of ours is taken for granted in it."""
    manifest = store["manifests"][store["active_manifest"]]
    assertions = {one["label"]: one.get("data") or {} for one in manifest.get("assertions", [])}
    lists = [data.get("actions", []) for label, data in assertions.items() if label.startswith("c2pa.actions")]
    generation = assertions.get(GENERATION, {})
    return Provenance(
        state=store["validation_state"],
        issuer=manifest.get("signature_info", {}).get("issuer", ""),
        generator=_agents(manifest),
        title=manifest.get("title", ""),
        actions=tuple(action for actions in lists for action in actions),
        ingredients=tuple(one.get("title", "") for one in manifest.get("ingredients", [])),
        settings=generation.get("settings", {}),
        report=generation.get("report", {}),
        problems=tuple(_problems(store)),
    )


def _agents(manifest: dict) -> str:
    agents = manifest.get("claim_generator_info", [])
    return ", ".join(f"{agent.get('name', '')} {agent.get('version', '')}".strip() for agent in agents)


def _problems(store: dict) -> list[str]:
    results = store.get("validation_results", {})
    failures = list(results.get("activeManifest", {}).get("failure", []))
    for delta in results.get("ingredientDeltas", []):  # what an ingredient's own manifest does not say of itself
        failures += delta.get("validationDeltas", {}).get("failure", [])
    return [f"{one['code']}: {one.get('explanation', '')}".rstrip(": ") for one in failures]


# --- The library


def _c2pa():
    try:
        import c2pa
    except ImportError as error:
        raise missing_trust(error) from None
    return c2pa


def _context(c2pa, anchors: str = ""):
    """Settings of one call. No thumbnail of a film, nothing from the network; only the anchors given are believed."""
    settings = {
        "core": {"backing_store_memory_threshold_in_mb": 8},  # beyond, copies in between go to a temporary file
        "builder": {"thumbnail": {"enabled": False}},
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    if anchors:
        settings["trust"] = {"trust_anchors": anchors}
    return c2pa.Context.from_dict(settings)


@dataclass
class _Telling:
    """A signer whose callable is watched: the library would turn its exception into a number."""

    signer: Signer
    error: Exception | None = None

    def __call__(self, data: bytes) -> bytes:
        try:
            return self.signer.sign(bytes(data))
        except Exception as error:
            self.error = error
            raise


@contextmanager
def _told(signer: Signer):
    c2pa, telling = _c2pa(), _Telling(signer)
    try:
        yield telling
    except c2pa.C2paError as error:
        if telling.error is not None:
            raise UserError(f"The signer failed ({telling.error}); the film is not signed.") from telling.error
        raise UserError(f"The film cannot be signed: {error}") from None


def _native(c2pa, telling: _Telling):
    signer = telling.signer
    algorithm = getattr(c2pa.C2paSigningAlg, signer.algorithm.upper())
    return c2pa.Signer.from_callback(telling, algorithm, signer.certificates, signer.time_authority)


def is_mp4(path: str | Path) -> bool:
    """Whether a file begins as MP4 and its kin do: with a box `ftyp`."""
    if not Path(path).is_file():
        raise UserError(f"{path} does not exist; give the path of a film.")
    with Path(path).open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def _check_mp4(path: Path) -> None:
    if not is_mp4(path):
        raise UserError(f"{path} is not an MP4; provenance is signed and read in MP4 only.")


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _stripped(value: object, omitted: set[str]) -> object:
    if isinstance(value, dict):
        omitted.update(key for key in value if key in WORDS)
        return {key: _stripped(one, omitted) for key, one in value.items() if key not in WORDS}
    if isinstance(value, list | tuple):
        return [_stripped(one, omitted) for one in value]
    return value


def _plain(value: object) -> object:
    """JSON has no infinities, and a measure of silence may be one: a film must not fail at its last step for that."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
