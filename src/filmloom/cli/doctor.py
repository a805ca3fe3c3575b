"""`filmloom doctor`: what this machine can run, and why not."""

from __future__ import annotations

import dataclasses
import json
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filmloom.cli.options import AsJson
from filmloom.cli.progress import shower
from filmloom.core.errors import FilmloomError, ResourceError
from filmloom.core.machine import bytes_text, cores, disk_free, memory
from filmloom.core.types import Size

DISK_NEEDED = 200 * 2**20  # a minute of 720p, twice while its index moves to the front
SIGNS = {"fine": "✓", "note": "·", "fault": "✗"}
SAMPLE = "a girl in a red dress dancing under a cherry tree"


@dataclass(frozen=True)
class Check:
    """One finding. `state` is fine, note (worth knowing) or fault (something cannot run; `advice` says what to do)."""

    name: str
    state: str
    value: str
    advice: str = ""


def doctor(as_json: AsJson = False) -> None:
    """Say what this machine can run, with reasons.

    Looks at the interpreter, memory, disk, encoder, GPU, weights and modes, and films half a second to tell how long
    four would take. Exits with 0 whatever it finds.
    """
    with shower(as_json=False):
        found = list(checks())
    if as_json:
        print(json.dumps([dataclasses.asdict(check) for check in found], ensure_ascii=False, indent=2))
    else:
        print("\n".join(_line(check) for check in found))


def checks() -> Iterator[Check]:
    """Every finding, cheapest first."""
    yield _python()
    yield _torch()
    yield _cores()
    yield _memory()
    yield _disk(Path.cwd())
    yield _encoder()
    yield _gpu()
    yield from _model("mini")


def _python() -> Check:
    fine = sys.version_info >= (3, 11)
    return Check("python", "fine" if fine else "fault", platform.python_version(), "" if fine else "Use 3.11 or newer.")


def _torch() -> Check:
    import torch

    fine = tuple(int(n) for n in torch.__version__.split(".")[:2]) >= (2, 11)
    value = f"{torch.__version__}, {torch.get_num_threads()} threads"
    return Check("torch", "fine" if fine else "fault", value, "" if fine else "Install torch 2.11 or newer.")


def _cores() -> Check:
    if cores() < 2:
        return Check("cores", "note", "1", "One core works, at half the speed.")
    return Check("cores", "fine", str(cores()))


def _memory() -> Check:
    from filmloom.generate.needs import require_memory

    found = memory()
    value = f"{bytes_text(found.available)} available of {bytes_text(found.total)}" if found else "unknown"
    try:
        require_memory(Size(1280, 720))
    except ResourceError as error:
        return Check("memory", "fault", value, str(error))
    return Check("memory", "fine" if found else "note", value)


def _disk(folder: Path) -> Check:
    free = disk_free(folder)
    value = f"{bytes_text(free)} free in {folder}"
    if free < DISK_NEEDED:
        return Check("disk", "fault", value, "Free some space, or write your films elsewhere.")
    return Check("disk", "fine", value)


def _encoder() -> Check:
    import av

    if "libx264" not in av.codecs_available:
        return Check("encoder", "fault", f"PyAV {av.__version__} without libx264", "Install the av package as a wheel.")
    return Check("encoder", "fine", f"libx264 in PyAV {av.__version__}")


def _gpu() -> Check:
    import torch

    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        return Check("gpu", "fine", f"{card.name}, {bytes_text(card.total_memory)}", "Use it with --device cuda.")
    if torch.backends.mps.is_available():
        return Check("gpu", "fine", "Apple GPU", "Use it with --device mps.")
    return Check("gpu", "note", "none that torch can use", "Films are made on the CPU; mini is built for that.")


def _model(name: str) -> Iterator[Check]:
    """Weights, modes and time. A model that cannot be read ends the list: its message says what to do."""
    from filmloom.checkpoints.folder import open_folder
    from filmloom.generate.request import model_folder

    try:
        folder = open_folder(model_folder(name))
        folder.verify()
    except FilmloomError as error:
        yield Check(name, "fault", "cannot be loaded", str(error))
        return
    yield Check(name, "fine", f"{len(folder.parts)} parts, every digest right")
    yield from (_mode(mode, folder.record) for mode in ("text", "plan", "draw"))
    yield _speed(name)


def _mode(mode: str, record: dict) -> Check:
    """Whether the weights for it are there, and whether auto would take it."""
    from filmloom.generate.pipeline import NEEDS

    name = f"mode {mode}"
    if missing := [part for part in ("text_encoder", "planner", *NEEDS[mode]) if part not in record["parts"]]:
        return Check(name, "fault", "cannot run", f"The model has no {', '.join(dict.fromkeys(missing))}.")
    if record.get("modes", {}).get(mode, {}).get("passes"):
        return Check(name, "fine", "passes its gate")
    return Check(name, "note", "runs when asked for; it does not pass its gate, so auto leaves it out")


def _speed(model: str) -> Check:
    """Half a second of film is made for real; the rest of four seconds is extrapolated from its frames."""
    from filmloom.generate.pipeline import load
    from filmloom.generate.request import Request

    start = time.monotonic()
    chunks = load(model).stream(Request(prompt=SAMPLE, seconds=0.5))
    first = len(next(chunks))
    begun = time.monotonic() - start
    rest = sum(len(chunk) for chunk in chunks)
    per_frame = (time.monotonic() - start - begun) / max(rest, 1)
    seconds = begun + (120 - first) * per_frame
    return Check("a 4 s film", "fine", f"about {seconds:.0f} s at 1280x720, 30 fps, mode auto, on the CPU")


def _line(check: Check) -> str:
    head = f"{SIGNS[check.state]} {check.name:<11} {check.value}"
    return f"{head}. {check.advice}" if check.advice else head
