"""A public model from one layout into another: every tensor bit for bit, whatever is renamed.

    convert(Path("Wan2.2-T2V-A14B"), Path("here"), "ours", TABLES)

Shards are streamed, so that memory holds one tensor. A conversion that was stopped goes on where it stopped: finished
files whose digest is still right are kept. `filmloom.digests.json` comes last: where it is, the folder is whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from filmloom.checkpoints import configs
from filmloom.checkpoints.digests import digest_of, replace_text, write_digests
from filmloom.checkpoints.folder import FORMAT_OF_SHARDS
from filmloom.checkpoints.layouts import UNFINISHED, WEIGHTS, kind_of
from filmloom.checkpoints.public import PublicFolder, Tables, open_public, spelt
from filmloom.checkpoints.rename import LAYOUTS
from filmloom.checkpoints.shards import size_of, split, write_pth, write_safetensors
from filmloom.checkpoints.source import INDEX, STORED, Entry, read_json
from filmloom.core.errors import CheckpointError, ResourceError
from filmloom.core.machine import bytes_text, disk_free

MAX_SHARD_BYTES = 5 * 10**9
Progress = Callable[[str, int, int], None]  # file being written, bytes done, bytes in all
FOLDERS = {
    "original": {"transformer_high": "high_noise_model/", "transformer_low": "low_noise_model/", "transformer": ""},
    "diffusers": {
        "transformer_high": "transformer/",
        "transformer_low": "transformer_2/",
        "transformer": "transformer/",
        "text_encoder": "text_encoder/",
        "video_vae": "vae/",
    },
}
TOKENIZER = {"original": "google/umt5-xxl", "diffusers": "tokenizer", "ours": "tokenizer"}


@dataclass
class Plan:
    """What is to be written: tensor files by name, then texts and copies, then the text that says all is there."""

    weights: dict[str, dict[str, Entry]] = field(default_factory=dict)
    texts: dict[str, dict] = field(default_factory=dict)
    copies: dict[str, Path] = field(default_factory=dict)

    @property
    def num_bytes(self) -> int:
        return sum(size_of(entry) for shard in self.weights.values() for entry in shard.values())


def convert(
    source: Path,
    out: Path,
    layout: str,
    tables: Tables,
    *,
    max_shard_bytes: int = MAX_SHARD_BYTES,
    on_progress: Progress = lambda file, done, total: None,
) -> PublicFolder:
    """Write the model at `source` to the folder `out` in `layout`: original, diffusers or ours. Returns it, opened."""
    if layout not in LAYOUTS:
        raise CheckpointError(f"layout is {layout!r}; it must be one of {', '.join(LAYOUTS)}.")
    folder, out = open_public(source, tables), Path(out)
    plan = _plan(folder, layout, max_shard_bytes)
    log = {"source": _fingerprint(folder), "layout": layout, "max_shard_bytes": max_shard_bytes}
    finished = _finished(out, log, plan)
    _check_space(out, plan, finished)
    folder.verify()
    out.mkdir(parents=True, exist_ok=True)
    written = _write(out, plan, log, finished, on_progress)
    _complete(out, folder, layout, plan, written)
    return open_public(out, tables)


def _plan(folder: PublicFolder, layout: str, most: int) -> Plan:
    plan = Plan()
    for part, held in folder.held.items():
        entries = spelt(held.source, held.table, layout).entries
        if layout == "original" and kind_of(part) != "transformer":
            plan.weights[_pth_of(part, folder.model)] = dict(entries)
        else:
            _plan_shards(plan, part, layout, entries, most)
    _plan_configs(plan, folder, layout)
    if folder.tokenizer is not None:
        files = (file for file in sorted(folder.tokenizer.iterdir()) if file.is_file())
        plan.copies = {f"{TOKENIZER[layout]}/{file.name}": file for file in files}
    return plan


def _pth_of(part: str, model: str) -> str:
    if part == "text_encoder":
        return "models_t5_umt5-xxl-enc-bf16.pth"
    return "Wan2.2_VAE.pth" if model == "wan2.2-ti2v-5b" else "Wan2.1_VAE.pth"


def _plan_shards(plan: Plan, part: str, layout: str, entries: Mapping[str, Entry], most: int) -> None:
    """Numbered shards and their index. Foreign readers want a single file without number; ours are always numbered."""
    folder = FOLDERS.get(layout, {}).get(part, "")
    stem = part if layout == "ours" else "model" if part == "text_encoder" else WEIGHTS
    shards = split(entries, most)
    names = [f"{stem}-{i:05d}-of-{len(shards):05d}.safetensors" for i in range(1, len(shards) + 1)]
    if layout != "ours" and len(shards) == 1:
        names = [f"{stem}.safetensors"]
    elif layout != "ours":
        total = sum(size_of(entry) for entry in entries.values())
        weight_map = {name: file for file, shard in zip(names, shards) for name in shard}
        plan.texts[f"{folder}{stem}{INDEX}"] = {"metadata": {"total_size": total}, "weight_map": weight_map}
    plan.weights |= {folder + name: shard for name, shard in zip(names, shards)}


def _plan_configs(plan: Plan, folder: PublicFolder, layout: str) -> None:
    for part in folder.parts if layout != "ours" else ():
        if layout == "diffusers":
            plan.texts[f"{FOLDERS[layout][part]}config.json"] = _diffusers_config(folder, part)
        elif kind_of(part) == "transformer":
            config = configs.original_transformer(folder.config(part), folder.model)
            plan.texts[f"{FOLDERS[layout][part]}config.json"] = config
    if layout == "diffusers":
        plan.texts["scheduler/scheduler_config.json"] = configs.diffusers_scheduler(folder.model)
        has_tokenizer = folder.tokenizer is not None
        index = configs.diffusers_index(folder.model, folder.parts, has_tokenizer=has_tokenizer)
        plan.texts["model_index.json"] = index


def _diffusers_config(folder: PublicFolder, part: str) -> dict:
    fields = folder.config(part)
    if part == "text_encoder":
        return configs.diffusers_text_encoder(fields, str(_dtype_of(folder, part)).removeprefix("torch."))
    return configs.diffusers_vae(fields) if part == "video_vae" else configs.diffusers_transformer(fields)


def _dtype_of(folder: PublicFolder, part: str) -> torch.dtype:
    """The type that most of the part's values have."""
    values: Counter[torch.dtype] = Counter()
    for entry in folder.source(part).entries.values():
        values[entry.dtype] += entry.num_elements
    return values.most_common(1)[0][0]


def _fingerprint(folder: PublicFolder) -> str:
    """Changes when any file of the source does, without reading it."""
    digest = hashlib.sha256()
    for part in folder.parts:
        for name, entry in folder.source(part).entries.items():
            digest.update(f"{part} {name} {entry.shape} {entry.stored} {entry.file.name}\n".encode())
        for file in folder.source(part).files:
            facts = file.stat()
            digest.update(f"{file.name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _finished(out: Path, log: Mapping[str, object], plan: Plan) -> dict[str, dict]:
    """Files that an earlier run of the same conversion wrote and that are still whole."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return {}
    before = read_json(out / UNFINISHED) if (out / UNFINISHED).is_file() else {}
    if {name: before.get(name) for name in log} != log:
        raise CheckpointError(
            f"{out} exists and is not this conversion, unfinished. Name a folder that does not exist."
        )
    files = before.get("files", {})
    return {
        name: entry
        for name, entry in files.items()
        if name in plan.weights and (out / name).is_file() and digest_of(out / name) == entry
    }


def _check_space(out: Path, plan: Plan, finished: Mapping[str, dict]) -> None:
    needed, free = plan.num_bytes - sum(entry["bytes"] for entry in finished.values()), disk_free(out)
    if needed > free:
        raise ResourceError(f"{out} needs {bytes_text(needed)} of disk; {bytes_text(free)} are free.")


def _write(
    out: Path, plan: Plan, log: Mapping[str, object], finished: dict[str, dict], on_progress: Progress
) -> dict[str, dict]:
    """Write what is not finished, and note each file as soon as it is there."""
    written, done = dict(finished), 0
    for name, entries in plan.weights.items():

        def wrote(num_bytes: int, name: str = name) -> None:
            nonlocal done
            done += num_bytes
            on_progress(name, done, plan.num_bytes)

        if name in finished:
            wrote(sum(size_of(entry) for entry in entries.values()))
            continue
        replace_text(out / UNFINISHED, json.dumps({**log, "files": written}))
        write = write_pth if name.endswith(".pth") else write_safetensors
        written[name] = write(out / name, entries, wrote)
        replace_text(out / UNFINISHED, json.dumps({**log, "files": written}))
    return written


def _complete(out: Path, folder: PublicFolder, layout: str, plan: Plan, written: dict[str, dict]) -> None:
    """Texts and copies, then the digests of everything, then the mark of an unfinished conversion goes."""
    for name, file in plan.copies.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, out / name)
    for name, text in plan.texts.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        replace_text(out / name, json.dumps(text, indent=2) + "\n")
    others = {name: digest_of(out / name) for name in (*plan.copies, *plan.texts)}
    if layout == "ours":
        replace_text(out / "model.json", json.dumps(_record(folder, plan, written), indent=1) + "\n")
        others["model.json"] = digest_of(out / "model.json")
    write_digests(out, {**written, **others})
    (out / UNFINISHED).unlink()


def _record(folder: PublicFolder, plan: Plan, written: Mapping[str, dict]) -> dict:
    parts = {}
    for part in folder.parts:
        names = [name for name in plan.weights if name.startswith(f"{part}-")]
        entries = folder.source(part).entries.values()
        parts[part] = {
            "files": [{"file": name, **written[name]} for name in names],
            "dtype": STORED[_dtype_of(folder, part)],
            "params": sum(entry.num_elements for entry in entries),
            "config": folder.config(part),
        }
    return {"format": FORMAT_OF_SHARDS, "name": folder.model, "layout": "ours", "parts": parts}
