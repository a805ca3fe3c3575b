"""`filmloom models`: which models there are, what each is and is worth; public ones are fetched and converted here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from filmloom.cli.budget import budget
from filmloom.cli.lora import lora
from filmloom.cli.public_models import fetchable_lines, sheet, showing
from filmloom.core.machine import bytes_text

app = typer.Typer(no_args_is_help=True, help="List, show, fetch, convert and budget models.", rich_markup_mode=None)

app.command()(budget)
app.command()(lora)
HOW = {"text": "diffusion from the text alone", "plan": "diffusion over the plan's sketch", "draw": "no diffusion"}


PARTS = ["part", "architecture", "parameters", "stored as", "size", "files"]
SAMPLING = ["sampling", "sampler", "shift", "guidance high / low", "boundary", "film", "sizes"]
NewFolder = Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")]


@app.command("list")
def list_models() -> None:
    """Print the built-in models (name, parameters, size on disk, folder) and the public ones that can be fetched."""
    from filmloom.generate.request import MODELS

    for name, folder in MODELS.items():
        parts = _record(name)["parts"].values()
        params, num_bytes = (sum(part[key] for part in parts) for key in ("params", "bytes"))
        print(f"{name}  {params / 1e6:.1f} M parameters  {bytes_text(num_bytes)}  {folder}")
    print(*fetchable_lines(), sep="\n")


@app.command()
def show(
    model: Annotated[str, typer.Argument(help="A built-in model, a folder, or one file of a public model.")] = "mini",
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The section that README carries.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Read every file and check its recorded digest.")] = False,
) -> None:
    """Print what a model is: its parts, and how it was trained or, a public one, how it is sampled."""
    text = _public(Path(model), verify) if _is_public(model) else markdown(model, verify=verify)
    print(text if as_markdown else _plain(text), end="")


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A public model in any layout.")],
    output: NewFolder,
    layout: Annotated[str, typer.Option(help="original, diffusers or ours.")] = "ours",
) -> None:
    """Write a public model in another layout, bit for bit; run again after a stop, it goes on where it was."""
    from filmloom.checkpoints.convert import convert as write
    from filmloom.models.names import TABLES

    with showing("convert") as on_progress:
        write(source, output, layout, TABLES, on_progress=on_progress)
    print(output)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A public model, as `filmloom models list` names it.")],
    output: NewFolder,
    revision: Annotated[str, typer.Option(help="A branch, tag or commit of its repository.")] = "main",
) -> None:
    """Download a public model and record its digests; run again after a stop, it goes on where it was."""
    from filmloom.checkpoints.fetch import fetch as download

    with showing("fetch") as on_progress:
        download(name, output, revision=revision, on_progress=on_progress)
    print(output)


def _is_public(model: str) -> bool:
    from filmloom.checkpoints.public import is_public
    from filmloom.generate.request import MODELS

    return model not in MODELS and is_public(Path(model))


def _public(path: Path, verify: bool) -> str:
    heading, parts, sampling = sheet(path, verify=verify)
    return "\n".join(filter(None, (heading, _table(PARTS, parts), _table(SAMPLING, sampling))))


def markdown(model: str, *, verify: bool = False) -> str:
    """Modes, parts and training of a model, from its `model.json` alone unless its files are to be verified."""
    record = _record(model, verify=verify)
    tables = (_verdict(record), _modes(record), _films(record), _parts(record), _training(record))
    return "\n".join(table for table in tables if table)


def _record(model: str, *, verify: bool = False) -> dict:
    from filmloom.checkpoints.folder import open_folder
    from filmloom.generate.request import model_folder

    folder = open_folder(model_folder(model))
    if verify:
        folder.verify()
    return folder.record


def _verdict(record: dict) -> str:
    """Which mode auto takes, and how much training stands behind the other two."""
    passed = [mode for mode in HOW if record.get("modes", {}).get(mode, {}).get("passes")]
    made = record.get("training", {}).get("transformer", {})
    taught = ""
    if made:
        taught = f" The transformer was trained for {_spent(made):.0f} minutes in all on {made['machine']}."
    return f"`--mode auto` films in mode `{passed[0] if passed else 'draw'}`.{taught}\n"


def _modes(record: dict) -> str:
    """One row per mode. Figures are shares of what the recogniser finds on fresh renders."""
    small = " (measured on the reduced world)"
    how = {m: HOW[m] + (small if f.get("repertoire") == "reduced" else "") for m, f in record.get("modes", {}).items()}
    rows = [[f"`{mode}`", how[mode], *_figures(facts)] for mode, facts in record.get("modes", {}).items()]
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


def _spent(made: dict) -> float:
    """Minutes of a run and of those whose weights it went on with."""
    return sum(one.get("minutes", 0.0) for one in (*made.get("earlier", ()), made))


def _training(record: dict) -> str:
    rows = [
        [
            stage,
            f"`{facts.get('command', '')}`",
            _told(facts.get("minutes")),
            f"{_spent(facts):.0f} in {1 + len(facts.get('earlier', ()))}",
            *(_told(facts.get(key)) for key in ("samples", "machine")),
        ]
        for stage, facts in record.get("training", {}).items()
    ]
    return _table(["trained", "by, last", "minutes", "minutes of all runs", "samples", "on"], rows)


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
