"""The house's rules for every film that leaves it: screened, marked, labelled, signed, told beside the file.

An operator puts his own into the folder FILMLOOM_HOME; what is not there has a default:

    policy.toml          which prompts are refused (default: the policy in the package)
    watermark.key        secret bytes of the watermark (default: the public key, which anyone can read)
    keys/certificates.pem, keys/key.pem     who signs (default: nobody; that is written down as off)
    trust.toml           switches named as in `Trust`: provenance, aigc, watermark, visible, sidecar, omit_prompt...
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from filmloom.core.env import home
from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio, Size
from filmloom.finishing.authority import Signer
from filmloom.finishing.chapters import Chapter
from filmloom.finishing.mp4 import Mp4Writer
from filmloom.finishing.provenance import Edit, Trust, seal
from filmloom.finishing.safety import Policy, load_policy, require, screen_prompt
from filmloom.finishing.visible import labelled
from filmloom.finishing.watermark import PUBLIC_KEY, SMALLEST_SIDE, marked

# At full strength (41 dB) smooth skies look mottled; at half, nearly as clean as without. What a reader adds up grows
# with the picture, so small ones take more. At 1280x720, 17 or 18 of 19 films of two seconds were read after every
# change but CRF 35 (16); one of flat colours, where whole code values round the mark away, never (log, 2026-11-25).
USUAL, LEAST, AT = 0.5, 0.4, Size(1280, 720)
SWITCHES = tuple(field.name for field in dataclasses.fields(Trust) if field.name != "signer")


@dataclass(frozen=True)
class House:
    """Rules of one operator; `open_house` reads them."""

    trust: Trust
    policy: Policy
    watermark_key: bytes = PUBLIC_KEY

    def screened(self, prompt: str, scenes: str | None = None) -> dict:
        """What the policy says of a prompt, and of the words of the scenes that are filmed instead where some are
        given, as plain values; SafetyError (exit 3) where it may not be filmed.

        Pictures are not looked at: no classifier is configured, and the record says so."""
        verdict = screen_prompt(prompt, self.policy, rewritten=scenes)
        require(verdict, text=prompt if scenes is None else f"{prompt}\n{scenes}", policy=self.policy)
        record = {name: value for name, value in verdict.record().items() if name != "time"}  # same request, same file
        return _without_findings(record) if self.trust.omit_prompt else record

    def finished(self, chunks: Iterator[np.ndarray], settings: dict, *, size: Size, fps: Fraction) -> Iterator:
        """The film with its watermark and, where the operator wants one, its visible label."""
        if self.trust.watermark and can_be_marked(size):
            chunks = marked(chunks, self.watermark_key, payload(settings), strength=strength(size))
        return labelled(chunks, self.trust.visible, rate=fps) if self.trust.visible else chunks

    def writer(
        self,
        path: Path,
        settings: dict,
        *,
        size: Size,
        fps: Fraction,
        report: Callable[[], dict],
        overwrite: bool = False,
        audio: Audio | Callable[[], Audio] | None = None,
        chapters: Sequence[Chapter] = (),
    ) -> Mp4Writer:
        """Writes the film, then signs it and tells the same beside it, before it gets its name."""
        papers = self.papers(path, settings, size=size, report=report)
        return Mp4Writer(path, size=size, fps=fps, overwrite=overwrite, audio=audio, chapters=chapters, **papers)

    def papers(
        self,
        path: Path,
        settings: dict,
        *,
        size: Size,
        report: Callable[[], dict],
        can_sign: bool = True,
        parent: Path | None = None,
        edits: Sequence[Edit] = (),
    ) -> dict:
        """What a writer of `path` is given: `metadata` and `tags` for the container, and the `last` thing to do to the
        whole, still hidden file. Where the container cannot carry a signature, `parent` and `edits` are not told."""
        told = self.told(settings, size)
        kept = {"title": path.name, "sidecar": path.with_name(f"{path.name}.json")}
        kept |= {"trust": self.trust if can_sign else dataclasses.replace(self.trust, provenance=False)}
        kept |= {"parent": parent, "edits": edits} if can_sign else {}

        def last(part: Path) -> None:
            if part.is_file():  # a folder of pictures has no one file to tell of
                seal(part, told, report=report(), **kept)

        return {"metadata": self.trust.told(told), "tags": self.trust.tags(told), "last": last}

    def told(self, settings: dict, size: Size) -> dict:
        """Settings with the watermark's payload, or why there is none."""
        if not self.trust.watermark:
            return {**settings, "watermark": "off"}
        if not can_be_marked(size):
            return {**settings, "watermark": f"none: a side below {SMALLEST_SIDE} pixels holds no mark"}
        return {**settings, "watermark": f"{payload(settings):016x}"}


def open_house(folder: Path | None = None) -> House:
    """The rules in `folder` (FILMLOOM_HOME), each checked; a file that is wrong is an error, never passed over."""
    folder = Path(folder or home())
    policy, key = folder / "policy.toml", folder / "watermark.key"
    return House(
        trust=dataclasses.replace(_switches(folder / "trust.toml"), signer=_signer(folder / "keys")),
        policy=load_policy(policy if policy.is_file() else None),
        watermark_key=key.read_bytes() if key.is_file() else PUBLIC_KEY,
    )


def payload(settings: dict) -> int:
    """64 bits that stand for a film: a hash of its settings, so that a mark found anywhere names its sidecar."""
    return int.from_bytes(hashlib.blake2b(_canonical(settings), digest_size=8).digest(), "big")


def strength(size: Size) -> float:
    """Of the mark in a film of this size, 0.4 to 1: between a picture that is clean and a mark that lasts."""
    area = AT.width * AT.height / (size.width * size.height)
    return min(1.0, max(LEAST, USUAL * area**0.25))


def can_be_marked(size: Size) -> bool:
    return min(size.width, size.height) >= SMALLEST_SIDE


def _canonical(settings: dict) -> bytes:
    return json.dumps(settings, ensure_ascii=False, sort_keys=True, default=str).encode()


def _switches(path: Path) -> Trust:
    if not path.is_file():
        return Trust()
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML ({error}).") from None
    for name, value in given.items():
        if name not in SWITCHES:
            raise RequestError(name, value, f"{path} may set {', '.join(SWITCHES)}")
        wanted = type(getattr(Trust(), name))
        if not isinstance(value, wanted):
            raise RequestError(name, value, f"in {path} it must be {wanted.__name__}", getattr(Trust(), name))
    return Trust(**given)


def _signer(folder: Path) -> Signer | None:
    certificates, key = folder / "certificates.pem", folder / "key.pem"
    return Signer.from_files(certificates, key) if certificates.is_file() and key.is_file() else None


def _without_findings(record: dict) -> dict:
    """A rule that was met, and where, tells of the prompt."""
    checks = [{**check, "findings": [], "detail": ""} for check in record["checks"]]
    return {**record, "checks": checks}
