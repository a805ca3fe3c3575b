"""`filmloom models lora`: what an adapter's file holds, and whether it fits a model, key by key."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

KINDS = {"lora": "LoRA", "loha": "LoHa", "lokr": "LoKr", "full": "difference"}
Shapes = Mapping[str, tuple[int, ...]]


def lora(
    file: Annotated[Path, typer.Argument(help="A .safetensors file, or a folder with one or with one per expert.")],
    model: Annotated[str | None, typer.Option(help="A model's name or folder; the best fitting if not given.")] = None,
) -> None:
    """Print what an adapter (LoRA, LoHa, LoKr) holds and whether it fits a model.

    Exits with 0 where every key has its place, and with 2 where some are ignored, misshapen or otherwise at fault.
    """
    from filmloom.checkpoints.lora import examine
    from filmloom.models.names.transformer import TABLE

    shapes = {model: _shapes(model)} if model else _known()
    reports = {name: examine(file, wanted, TABLE).report for name, wanted in shapes.items()}
    fewest = min(map(_trouble, reports.values()))
    best = [name for name, report in reports.items() if _trouble(report) == fewest]
    print("\n".join(lines(reports[best[0]], best)))
    raise typer.Exit(2 if fewest != (0, 0) else 0)


def lines(report, models: Iterable[str]) -> Iterator[str]:
    """The report as text; `models` are those that it holds for."""
    matched = sum(len(match.keys) for match in report.matched)
    at_fault = sum(len(fault.keys) for fault in report.faults)
    yield report.where
    yield f"beside {', '.join(models)}: {matched} keys matched, {len(report.ignored)} ignored, {at_fault} at fault"
    for table in (_kinds(report), _blocks(report), _ignored(report), _faults(report)):
        if len(table) > 1:
            yield ""
            yield from _columns(table)


def _trouble(report) -> tuple[int, int]:
    """What does not fit, and whether anything does."""
    return sum(len(fault.keys) for fault in report.faults) + len(report.ignored), int(not report.matched)


def _kinds(report) -> list[list[str]]:
    count = Counter(
        (KINDS[m.delta.kind], m.delta.rank, m.delta.alpha, m.delta.scale, m.dialect, m.expert) for m in report.matched
    )
    rows = [
        [
            kind,
            *("-" if value is None else f"{value:g}" for value in (rank, alpha, scale)),
            dialect,
            expert or "any",
            str(n),
        ]
        for (kind, rank, alpha, scale, dialect, expert), n in count.most_common()
    ]
    return [["kind", "rank", "alpha", "scale", "dialect", "expert", "parameters"], *rows]


def _blocks(report) -> list[list[str]]:
    """Targets of every block, alike blocks in one row; what lies outside of blocks last."""
    targets: dict[int | None, list[str]] = {}
    for match in report.matched:
        found = re.match(r"blocks\.(\d+)\.(.*)", match.parameter)
        name = (found[2] if found else match.parameter).removesuffix(".weight")
        targets.setdefault(int(found[1]) if found else None, []).append(name)
    alike: dict[tuple[str, ...], list[int]] = {}
    for block in sorted(block for block in targets if block is not None):
        alike.setdefault(tuple(sorted(set(targets[block]))), []).append(block)
    rows = [[_ranges(blocks), ", ".join(names)] for names, blocks in alike.items()]
    rows += [["none", ", ".join(sorted(set(targets[None])))]] if None in targets else []
    return [["blocks", "targets"], *rows]


def _ranges(numbers: list[int]) -> str:
    """0, 1, 2, 5 → 0-2, 5."""
    text, start = [], numbers[0]
    for here, following in zip(numbers, [*numbers[1:], None]):
        if following != here + 1:
            text.append(f"{start}-{here}" if start < here else str(here))
            start = following
    return ", ".join(text)


def _ignored(report) -> list[list[str]]:
    return [["ignored", "nearest"], *([one.key, one.nearest or "-"] for one in report.ignored)]


def _faults(report) -> list[list[str]]:
    return [["at fault", "why"], *([", ".join(fault.keys), f"{fault.kind}: {fault.reason}"] for fault in report.faults)]


def _columns(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    yield from ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def _known() -> dict[str, Shapes]:
    from filmloom.generate.request import MODELS as BUILT_IN
    from filmloom.models.wan import MODELS

    return {name: _shapes(name) for name in (*MODELS, *BUILT_IN)}


def _shapes(model: str) -> Shapes:
    """Shapes of one transformer of a model: public by name, built-in, or a folder in any layout."""
    from filmloom.checkpoints.lora import shapes_of
    from filmloom.checkpoints.public import is_public, open_public
    from filmloom.generate.request import model_folder
    from filmloom.models.names import TABLES
    from filmloom.models.wan import MODELS

    if model in MODELS:
        return _of_config(MODELS[model].transformer)
    folder = model_folder(model)
    if not is_public(folder):
        return _of_folder(folder)
    opened = open_public(folder, TABLES)
    part = next((part for part in opened.parts if part.startswith("transformer")), "transformer")
    return shapes_of(opened.source(part))


def _of_folder(folder: Path) -> Shapes:
    from filmloom.checkpoints.folder import open_folder
    from filmloom.models.dit import DiTConfig

    return _of_config(open_folder(folder).build_config("transformer", DiTConfig))


def _of_config(config) -> Shapes:
    """Without weights: on the meta device a tensor is its shape."""
    from dataclasses import replace

    import torch

    from filmloom.checkpoints.lora import shapes_of
    from filmloom.models.dit import DiT

    with torch.device("meta"):
        return shapes_of(DiT(replace(config, noise_experts=1)))
