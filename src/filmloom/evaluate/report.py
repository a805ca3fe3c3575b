"""Every mode beside the renderer's ceiling: who is credited with what, in figures and pictures.

    ceiling            the recogniser on fresh renders: what can be reached
    codec              the same renders encoded and decoded: what the latents can carry
    codec with sketch  the same, with a decoder that also sees the sketch, as in mode plan
    draw, plan, text   films made from captions of the same scenes

Clips are key frames at the skeleton's size and rate: enlarging and interpolating would cost minutes and blur what is
judged. `full` films a few at 1280x720 besides, each in a process of its own, to time them.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from filmloom.checkpoints.folder import open_folder
from filmloom.core.errors import CheckpointError, RequestError
from filmloom.core.machine import peak_memory
from filmloom.evaluate.bench import ALL, Bench, ratio
from filmloom.evaluate.cases import REPERTOIRES
from filmloom.evaluate.full_size import full_films
from filmloom.evaluate.tables import markdown
from filmloom.generate.pipeline import NEEDS, Film
from filmloom.generate.progress import OnProgress, Reporter

MODES = ("draw", "plan", "text")
AUTO = ("text", "plan", "draw")  # the order in which mode auto tries them
# Half of what `design.md` asks rests on the ceiling: beside a judge who names little right, anybody looks good.
GATE = {"ceiling": 0.70, "attributes": 0.90, "sharpness": 0.80, "codec_sharpness": 0.60, "flow": 0.15}


def evaluate(
    film: Film,
    *,
    clips: int,
    modes: Sequence[str],
    seed: int,
    out: Path,
    full: bool = False,
    on_progress: OnProgress | None = None,
) -> dict:
    """Measure `modes` on `clips` cases per split; write report.json, report.md and a contact sheet per row into `out`.

    A text model trained on the reduced repertoire is measured within it, beside a ceiling of its own.
    """
    started, out = time.monotonic(), Path(out)
    measured, skipped = _modes(film, modes)
    worlds = _worlds(film, measured)
    bench = Bench(film, clips, seed, out, len(worlds), Reporter(on_progress))
    found = _header(film, clips=clips, modes=modes, seed=seed, full=full) | {"skipped": skipped}
    found["worlds"] = {name: bench.world(name, its) for name, its in worlds.items()}
    found["planner"] = bench.planner()
    found["films"] = full_films(film, _prompts(found), measured, out / "films") if full else None
    found["gate"] = gate(found)
    found["auto"] = next((mode for mode in AUTO if found["gate"].get(mode, {}).get("passes")), "draw")
    found |= {"minutes": round((time.monotonic() - started) / 60, 1), "peak_memory_mib": _peak_mib()}
    _write(out / "report.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    _write(out / "report.md", markdown(found))
    return found


def gate(report: Mapping) -> dict[str, dict]:
    """Per measured mode: `passes`, the `reasons` why not, and every check with its figure and what is asked.

    Mode draw is asked for attributes alone: auto falls back to it. What could not be measured does not pass.
    """
    found = {}
    for name, world in report["worlds"].items():
        for mode in (mode for mode in MODES if mode in world["rows"]):
            checks = list(_checks(world["rows"], mode, name))
            reasons = [check["reason"] for check in checks if not check["passes"]]
            found[mode] = {"passes": not reasons, "reasons": reasons, "checks": checks}
    return found


def write_gate(folder: Path, report: Mapping) -> None:
    """Put the report's gate and figures into `model.json`: "modes", "gate" and "figures". Weights are not touched."""
    opened = open_folder(Path(folder))
    if opened.digest != report["model_digest"]:
        found, measured = opened.digest[:12], report["model_digest"][:12]
        raise CheckpointError(f"{folder} has weights {found}..., the report measured {measured}...: evaluate it first.")
    record = dict(opened.record)
    record["modes"] = record.get("modes", {}) | {mode: _mode_record(report, mode) for mode in report["gate"]}
    record["gate"] = GATE
    kept = ("command", "clips", "seed", "machine", "versions", "minutes", "planner", "films", "auto")
    rows = {name: world["rows"] for name, world in report["worlds"].items()}
    record["figures"] = {name: report[name] for name in kept} | {"worlds": rows}
    _write(Path(folder) / "model.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def _modes(film: Film, modes: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The modes that the model has parts for, and why the others are left out."""
    if unknown := [mode for mode in modes if mode not in MODES]:
        raise RequestError("mode", unknown[0], f"it must be one of {', '.join(MODES)}", "draw")
    needed = {mode: ("planner", "text_encoder", *NEEDS[mode]) for mode in modes}
    missing = {mode: [part for part in parts if part not in film.folder.parts] for mode, parts in needed.items()}
    skipped = {mode: f"the model has no {', '.join(parts)}" for mode, parts in missing.items() if parts}
    return [mode for mode in MODES if mode in modes and mode not in skipped], skipped


def _worlds(film: Film, modes: Sequence[str]) -> dict[str, list[str]]:
    """Repertoire → the modes measured in it."""
    known = film.folder.record.get("repertoire", "full")
    if known not in REPERTOIRES:
        raise CheckpointError(f"model.json: repertoire is {known!r}; it must be one of {', '.join(REPERTOIRES)}.")
    apart = [mode for mode in modes if mode == "text" and known != "full"]
    worlds = {"full": [mode for mode in modes if mode not in apart]}
    return worlds | ({known: apart} if apart else {})


def _checks(rows: Mapping[str, Mapping], mode: str, world: str) -> Iterator[dict]:
    """The gate of `design.md`, one check after the other."""
    row, ceiling = rows[mode], rows["ceiling"]["accuracy"][ALL][ALL]["share"]
    yield _at_least("the ceiling itself", ceiling, GATE["ceiling"])
    yield _at_least("attributes, of the ceiling's", row["accuracy"][ALL][ALL]["of_ceiling"], GATE["attributes"])
    if mode == "draw":
        return
    codec = rows["codec with sketch" if mode == "plan" and "codec with sketch" in rows else "codec"]["sharpness"]
    sharp = ratio(row["sharpness"]["of_render"], codec["of_render"])
    yield _at_least("subject sharpness, of the codec's", sharp, GATE["sharpness"])
    yield _at_least("the codec's own subject sharpness, of a render's", codec["of_render"], GATE["codec_sharpness"])
    flow = row["flow"]
    yield _at_most("error along the flow, of a render's", flow["error_of_render"], 1 + GATE["flow"])
    yield _at_least("pixels with a consistent flow, of a render's", flow["share_of_render"], 1 - GATE["flow"])
    if world != "full":
        reason = f"measured within the {world} repertoire only, and auto must serve every prompt"
        yield {"name": "whole repertoire", "figure": None, "asked": "", "passes": False, "reason": reason}


def _at_least(name: str, figure: float | None, limit: float) -> dict:
    return _check(name, figure, f"at least {100 * limit:.0f} %", figure is not None and figure >= limit)


def _at_most(name: str, figure: float | None, limit: float) -> dict:
    return _check(name, figure, f"at most {100 * limit:.0f} %", figure is not None and figure <= limit)


def _check(name: str, figure: float | None, asked: str, passes: bool) -> dict:
    told = "could not be measured" if figure is None else f"{100 * figure:.1f} %"
    reason = f"{name}: {told}, asked {asked}"
    return {"name": name, "figure": figure, "asked": asked, "passes": passes, "reason": reason}


def _mode_record(report: Mapping, mode: str) -> dict:
    """What `model.json` says of a mode."""
    name, world = next((name, world) for name, world in report["worlds"].items() if mode in world["rows"])
    row, passed = world["rows"][mode], report["gate"][mode]
    figures = {split: entries[ALL]["of_ceiling"] for split, entries in row["accuracy"].items()}
    return {
        "passes": passed["passes"], "reasons": passed["reasons"], "repertoire": name, "attributes_of_ceiling": figures,
        "sharpness": row["sharpness"], "flow": row["flow"], "command": report["command"],
    }  # fmt: skip


def _header(film: Film, *, clips: int, modes: Sequence[str], seed: int, full: bool) -> dict:
    chosen = "".join(f" --mode {mode}" for mode in modes)
    versions = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()}
    return {
        "command": f"filmloom evaluate --model {film.name}{chosen} --clips {clips} --seed {seed}{' --full' * full}",
        "model": film.name, "model_digest": film.folder.digest, "clips": clips, "seed": seed,
        "geometry": film.folder.record.get("geometry", {}), "preset": film.folder.record.get("preset", {}),
        "machine": {"cores": os.cpu_count(), "threads": film.threads, "device": str(film.device)}, "versions": versions,
    }  # fmt: skip


def _prompts(report: Mapping) -> list[str]:
    return [case["prompt"] for case in report["worlds"]["full"]["cases"]]


def _peak_mib() -> int:
    return peak_memory() // 2**20


def _write(path: Path, text: str) -> None:
    """The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
