"""Make the quality page again: `filmloom evaluate --full -o evaluation`, then `python docs/quality.py evaluation`.

Writes docs/quality.md and, as small JPEGs, its sheets into docs/evaluation/. Every figure comes from the evaluation's
report.json or from bench/results/; what nobody measured is said to be so.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from filmloom.evaluate.tables import MEANING, ROWS, table

HERE = Path(__file__).parent
RESULTS = HERE.parent / "bench" / "results"
SHEETS = HERE / "evaluation"
ASKED = {"seen combinations": "98 %", "unseen combinations": "95 %", "unseen wordings": "95 %"}
WIDEST = 1400  # pixels of a sheet


def main() -> None:
    folder = Path(sys.argv[1])
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    SHEETS.mkdir(exist_ok=True)
    for old in SHEETS.glob("sheet-*.jpg"):
        old.unlink()
    for picture in sorted(folder.glob("sheet-*.png")):
        small(picture, SHEETS / f"{picture.stem}.jpg")
    told = re.sub(r"\((sheet-[\w-]+)\.png\)", r"(\1.jpg)", (folder / "report.md").read_text(encoding="utf-8"))
    (SHEETS / "report.md").write_text(told, encoding="utf-8")
    (HERE / "quality.md").write_text("\n".join(page(report)) + "\n", encoding="utf-8")


def small(picture: Path, place: Path) -> None:
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    image.thumbnail((WIDEST, 10 * WIDEST))
    image.save(place, quality=82)


def page(report: dict) -> Iterator[str]:
    yield "# What mini is worth"
    yield ""
    yield "```"
    yield report["command"]
    yield "```"
    yield ""
    yield f"Weights `{report['model_digest'][:12]}`, trained on a CPU. {report['clips']} clips per split and row."
    yield "All rows, splits and prompts: [the report](evaluation/report.md). How it came to be: [the log](log.md)."
    yield ""
    yield "## Asked and reached"
    yield ""
    yield from table(("what", "asked", "reached"), list(goals(report)))
    yield "## Languages"
    yield ""
    yield "Of what captions state, how much the planned scene has:"
    yield ""
    yield from languages(report)
    for name, world in report["worlds"].items():
        yield f"## Pictures of the {name} world"
        yield ""
        for row in (row for row in ROWS if row in world["rows"]):
            sheet = f"sheet-{row.replace(' ', '-')}{'' if name == 'full' else f'-{name}'}.jpg"
            yield f"**{row}**: {MEANING[row]}."
            yield ""
            yield f"![{row}: strips of key frames, one prompt a row](evaluation/{sheet})"
            yield ""
    yield from length()
    yield from speed()
    yield from limits(report)


def goals(report: dict) -> Iterator[tuple[str, str, str]]:
    planned = report["planner"]
    if planned:
        for split, asked in ASKED.items():
            yield f"planned scenes (mode draw), {split}", asked, percent(planned["accuracy"][split]["all"]["share"])
        relation = planned["accuracy"]["all"].get("relation", {"share": None, "of": 0})
        yield "relations of two subjects, planned", "85 %", f"{percent(relation['share'])} of {relation['of']}"
        shares = {name: one["share"] for name, one in planned["language"].items() if one["share"] is not None}
        worst = min(shares, key=shares.get)
        gap = 100 * (shares["en"] - shares[worst])
        yield "worst language beside English, planned", "2 points", f"{gap:+.1f} points ({worst})"
    for name, world in report["worlds"].items():
        for mode in (mode for mode in ("draw", "plan", "text") if mode in world["rows"]):
            row, where = world["rows"][mode], mode if name == "full" else f"{mode}, {name} world"
            for split, asked in ASKED.items():
                found = row["accuracy"][split]["all"]["of_ceiling"]
                yield f"{where}: {split}, of the recogniser's ceiling", asked, percent(found)
            yield f"{where}: error along the flow, of renders'", "110 %", percent(row["flow"]["error_of_render"])
            yield f"{where}: flicker, of renders'", "110 %", percent(row["flicker"]["of_render"])
            yield f"{where}: sharpness in the subject, of renders'", "90 %", percent(row["sharpness"]["of_render"])


def languages(report: dict) -> list[str]:
    if not report["planner"]:
        return ["Not measured.", ""]
    rows = [
        (name, f"{one['right']} of {one['of']}", percent(one["share"]))
        for name, one in report["planner"]["language"].items()
    ]
    return table(("language", "right", "share"), rows)


def length() -> Iterator[str]:
    yield "## Length"
    yield ""
    path = RESULTS / "length.json"
    if not path.exists():
        yield "Not measured; `python bench/length.py` does it."
        yield ""
        return
    record = json.loads(path.read_text())
    yield f"By `{record['command']}`. Mode draw shows what the scene itself does over time."
    yield ""
    rows = [
        (
            row["prompt"], row["mode"], f"{row['seconds']:g}", str(row["peak_mib"]), f"{row['exposure_drift']:.2f}",
            f"{row['colour_drift']:.2f}", f"{row['sharpness_drift']:.2f}", f"{row['seam']:.2f}",
        )
        for row in record["rows"]
    ]  # fmt: skip
    heads = (
        "prompt",
        "mode",
        "seconds",
        "peak MiB",
        "exposure, %/s",
        "colour, %/s",
        "sharpness, %/s",
        "largest seam, levels",
    )
    yield from table(heads, rows)


def speed() -> Iterator[str]:
    yield "## Where the seconds go"
    yield ""
    path = RESULTS / "speed.json"
    if not path.exists():
        yield "Not measured; `python bench/speed.py` does it."
        yield ""
        return
    record = json.loads(path.read_text())
    rates = f"{record['gflops_per_second']} GFLOP/s, {record['gigabytes_per_second']} GB/s"
    yield f"By `{record['command']}`: {record['machine']}; {rates}."
    yield ""
    for mode, runs in record["whole"].items():
        best, peak = min(run["seconds"] for run in runs), max(run["peak_mib"] for run in runs)
        yield f"**{mode}**: {best:g} s from a new process to the finished file, {peak} MiB."
        yield ""
        rows = [
            (name, f"{one['seconds']:.2f}", str(one["gflop"]), str(one["gigabytes"]), f"{one['floor']:.2f}")
            for name, one in record["stages"][mode].items()
        ]
        yield from table(("stage, alone", "seconds", "GFLOP", "GB", "floor, s"), rows)
    if record["int8"]:
        told = record["int8"]
        gain = f"one forward {told['int8']} s instead of {told['float32']} s ({told['gain']}x)"
        yield f"8-bit linears: {gain}, velocity off by {100 * told['relative_error']:.1f} %."
        yield ""


def limits(report: dict) -> Iterator[str]:
    yield "## Limits"
    yield ""
    yield "- Mini draws one illustrated world. What is outside it is named as unknown, never guessed."
    yield "- These weights are a CPU's. Modes plan and text must earn their gate on a GPU; until then films are drawn."
    ceiling = report["worlds"]["full"]["rows"]["ceiling"]["accuracy"]["all"]
    blind = [name for name, one in ceiling.items() if one["share"] is not None and one["share"] < 0.5]
    if blind:
        yield f"- The recogniser itself names {', '.join(blind)} in fewer than half of fresh renders; shares of that"
        yield "  ceiling say little."


def percent(value: float | None) -> str:
    return "not measured" if value is None else f"{100 * value:.1f} %"


if __name__ == "__main__":
    main()
