"""`filmloom models`: which models are here, how each was trained, and what each is worth."""

from __future__ import annotations

from typing import Annotated

import typer

from filmloom.cli.options import ModelArgument
from filmloom.core.machine import bytes_text

app = typer.Typer(no_args_is_help=True, help="List models, and show how they were trained.", rich_markup_mode=None)

HOW = {"text": "diffusion from the text alone", "plan": "diffusion over the plan's sketch", "draw": "no diffusion"}


@app.command("list")
def list_models() -> None:
    """Print the built-in models: name, number of parameters, size on disk, folder."""
    from filmloom.generate.request import MODELS

    for name, folder in MODELS.items():
        parts = _record(name)["parts"].values()
        params, num_bytes = (sum(part[key] for part in parts) for key in ("params", "bytes"))
        print(f"{name}  {params / 1e6:.1f} M parameters  {bytes_text(num_bytes)}  {folder}")


@app.command()
def show(
    model: ModelArgument = "mini",
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The section that README carries.")] = False,
) -> None:
    """Print what a model is worth: its modes and their gate, its parts, and how each was trained."""
    text = markdown(model)
    print(text if as_markdown else _plain(text), end="")


def markdown(model: str) -> str:
    """Modes, parts and training of a model, from its `model.json` alone."""
    record = _record(model)
    tables = (_verdict(record), _modes(record), _films(record), _parts(record), _training(record))
    return "\n".join(table for table in tables if table)


def _record(model: str) -> dict:
    from filmloom.checkpoints.folder import open_folder
    from filmloom.generate.request import model_folder

    return open_folder(model_folder(model)).record


def _verdict(record: dict) -> str:
    """Which mode auto takes, and how much training stands behind the other two."""
    passed = [mode for mode in HOW if record.get("modes", {}).get(mode, {}).get("passes")]
    made = record.get("training", {}).get("transformer", {})
    taught = f" The transformer was trained for {made['minutes']:.0f} minutes on {made['machine']}." if made else ""
    return f"`--mode auto` films in mode `{passed[0] if passed else 'draw'}`.{taught}\n"


def _modes(record: dict) -> str:
    """One row per mode. Figures are shares of what the recogniser finds on fresh renders."""
    rows = [[f"`{mode}`", HOW[mode], *_figures(facts)] for mode, facts in record.get("modes", {}).items()]
    heads = ["mode", "how", "gate", "attributes", "subject sharpness", "error along the flow"]
    table = _table(heads, rows)
    command = record.get("figures", {}).get("command")
    return table + (f"\nBeside fresh renders = 100 %, by `{command}`.\n" if command else "")


def _figures(facts: dict) -> list[str]:
    gate = "passes" if facts.get("passes") else "does not pass"
    shares = (
        facts.get("attributes_of_ceiling", {}).get("all"),
        facts.get("sharpness", {}).get("of_render"),
        facts.get("flow", {}).get("error_of_render"),
    )
    return [gate, *("not measured" if share is None else f"{100 * share:.0f} %" for share in shares)]


def _films(record: dict) -> str:
    """What a user waits for, slowest of each mode, where `evaluate --full` has measured it."""
    slowest = {}
    for film in record.get("figures", {}).get("films") or ():
        if "seconds" in film:
            slowest[film["mode"]] = max(slowest.get(film["mode"], film), film, key=lambda one: one["seconds"])
    rows = [[f"`{m}`", f"{film['seconds']:.0f} s", f"{film['peak_memory_mib']} MiB"] for m, film in slowest.items()]
    machine = record.get("figures", {}).get("machine", {})
    where = f"\nFrom a new process to a finished file, on {machine.get('device')} with {machine.get('cores')} cores.\n"
    return _table(["4 s at 1280x720, 30 fps", "takes", "of memory"], rows) + (where if rows else "")


def _parts(record: dict) -> str:
    rows = [
        [name.replace("_", " "), f"{part['params'] / 1e6:.2f} M", part["dtype"], f"{part['bytes'] / 2**20:.1f} MiB"]
        for name, part in record["parts"].items()
    ]
    return _table(["part", "parameters", "stored as", "size"], rows)


def _training(record: dict) -> str:
    rows = [
        [
            stage,
            f"`{facts.get('command', '')}`",
            *(_told(facts.get(key)) for key in ("minutes", "samples", "machine")),
        ]
        for stage, facts in record.get("training", {}).items()
    ]
    return _table(["trained", "by", "minutes", "samples", "on"], rows)


def _told(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value or "")


def _table(heads: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _plain(text: str) -> str:
    """A Markdown table for a terminal: columns aligned, rules and back-ticks dropped."""
    blocks = [[line.strip("| ").split(" | ") for line in block.splitlines()] for block in text.split("\n\n")]
    return "\n".join(_aligned(block) for block in blocks)


def _aligned(rows: list[list[str]]) -> str:
    rows = [[cell.replace("`", "") for cell in row] for row in rows if set("".join(row)) != {"-"}]
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n" for row in rows)
