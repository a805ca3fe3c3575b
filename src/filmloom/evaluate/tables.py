"""A report as Markdown. Every number comes from the report; nothing is said that is not in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

ROWS = ("ceiling", "codec", "codec with sketch", "draw", "plan", "text")
ALL = "all"
MEANING = {
    "ceiling": "the recogniser on fresh renders",
    "codec": "those renders, encoded and decoded",
    "codec with sketch": "the same, by a decoder that also sees the sketch",
    "draw": "films drawn by the film set from the planned scene; no diffusion",
    "plan": "films by diffusion around the planned scene's sketch",
    "text": "films by diffusion from the text alone",
}


def markdown(report: Mapping) -> str:
    lines = [f"# Evaluation of {report['model']}", "", "```", report["command"], "```", "", *_facts(report), ""]
    lines += _gate(report)
    for name, world in report["worlds"].items():
        lines += _world(name, world)
    lines += [*_planner(report), *_films(report)]
    return "\n".join(lines).rstrip() + "\n"


def _facts(report: Mapping) -> Iterator[str]:
    geometry, machine = report["geometry"], report["machine"]
    yield (
        f"Weights `{report['model_digest'][:12]}`. {report['clips']} clips per split and row, seed {report['seed']},"
        f" judged as {geometry['frames']} key frames of {geometry['width']}x{geometry['height']}"
        f" at {geometry['fps']} fps."
    )
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    yield (
        f"Measured in {report['minutes']} minutes on {machine['device']} with {machine['threads']} threads of"
        f" {machine['cores']} cores; {versions}; at most {report['peak_memory_mib']} MiB of memory."
    )
    for mode, reason in report["skipped"].items():
        yield f"Mode {mode} was not measured: {reason}."


def _gate(report: Mapping) -> list[str]:
    lines = ["## Gate", "", f"Mode auto films in mode **{report['auto']}**.", ""]
    rows = [
        (mode, check["name"], _percent(check["figure"]), check["asked"], "yes" if check["passes"] else "**no**")
        for mode, found in report["gate"].items()
        for check in found["checks"]
    ]
    lines += table(("mode", "check", "figure", "asked", "passes"), rows)
    apart = {mode: r for mode, found in report["gate"].items() for r in found["reasons"] if "repertoire" in r}
    lines += [f"Mode {mode}: {reason}.\n" for mode, reason in apart.items()]
    return lines


def _world(name: str, world: Mapping) -> list[str]:
    rows = {row: world["rows"][row] for row in ROWS if row in world["rows"]}
    lines = [f"## The {name} repertoire", "", *table(("row", "what it is"), [(row, MEANING[row]) for row in rows])]
    for split, entries in rows["ceiling"]["accuracy"].items():
        title = "all splits together" if split == ALL else split
        lines += [f"### Named right: {title}", ""]
        lines += ["Per cent of what captions state; in brackets, per cent of the ceiling.", ""]
        told = [(row, *(_score(found["accuracy"][split][field]) for field in entries)) for row, found in rows.items()]
        told.append(("statements", *(str(entry["of"]) for entry in entries.values())))
        lines += table(("row", *entries), told)
    lines += ["### Picture and motion", "", *_pictures(rows), *_languages(rows), *_seconds(rows)]
    shown = ", ".join(f"[{row}]({world['sheets'][row]})" for row in rows)
    lines += ["### Contact sheets", "", f"{shown}. Their prompts:", ""]
    told = [(f"{c['split']} {c['number'] + 1}", c["language"], c["prompt"]) for c in world["cases"] if c["on_sheet"]]
    return [*lines, *table(("row", "language", "prompt"), told)]


def _pictures(rows: Mapping[str, Mapping]) -> list[str]:
    told = []
    for row, found in rows.items():
        sharp, flow, flicker, diverse = (found[name] for name in ("sharpness", "flow", "flicker", "diversity"))
        told.append((
            row, _percent(sharp["of_render"]), _percent(sharp["found"]), _percent(flow["error_of_render"]),
            _percent(flow["share"]), _percent(flicker["of_render"]), _number(found["frechet"]),
            _percent(diverse["of_render"]) if diverse else "",
        ))  # fmt: skip
    names = (
        "row", "subject sharpness / render", "frames with a subject", "error along flow / render",
        "pixels with consistent flow", "flicker / render", "Fréchet distance", "seed diversity / render",
    )  # fmt: skip
    return table(names, told)


def _languages(rows: Mapping[str, Mapping]) -> list[str]:
    """Accuracy per language, where a row was made from its captions."""
    made = {row: found["language"] for row, found in rows.items() if found["seconds"]}
    if not made:
        return []
    languages = list(next(iter(made.values())))
    told = [(row, *(_percent(found[name]["share"]) for name in languages), _gap(found)) for row, found in made.items()]
    return ["### Languages", "", *table(("row", *languages, f"{languages[0]} - others, points"), told)]


def _seconds(rows: Mapping[str, Mapping]) -> list[str]:
    made = {row: found["seconds"] for row, found in rows.items() if found["seconds"]}
    stages = list(dict.fromkeys(stage for spent in made.values() for stage in spent))
    told = [(row, *(_number(spent.get(stage)) for stage in stages)) for row, spent in made.items()]
    return ["### Seconds per clip of key frames", "", *table(("row", *stages), told)] if told else []


def _planner(report: Mapping) -> list[str]:
    found = report["planner"]
    if not found:
        return []
    splits = found["accuracy"]
    names = list(next(iter(splits.values())))
    told = [(split, *(_score(entries[name]) for name in names)) for split, entries in splits.items()]
    told += [(language, *[""] * (len(names) - 1), _score(entry)) for language, entry in found["language"].items()]
    said = f"Planned scenes of {found['captions']} captions: % of what they state that the scene has."
    return ["## Planner", "", said, "", *table(("", *names), told)]


def _films(report: Mapping) -> list[str]:
    films = report["films"]
    if not films:
        return []
    told = [
        (
            one["mode"], one["prompt"], _number(one.get("seconds")), str(one.get("peak_memory_mib", "")),
            one.get("failed") or ", ".join(f"{stage} {spent:g}" for stage, spent in one["stages"].items()),
        )
        for one in films
    ]  # fmt: skip
    lines = table(("mode", "prompt", "seconds", "peak MiB", "stages (they overlap)"), told)
    return ["## Full-size films, from a new process to a finished file", "", *lines]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table and the empty line after it."""
    line = lambda cells: "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"  # noqa: E731
    return [line(header), "|" + "---|" * len(header), *(line(row) for row in rows), ""]


def _score(entry: Mapping) -> str:
    """`83 (92)`: per cent, and per cent of the ceiling where that is known."""
    if entry["share"] is None:
        return "–"
    beside = entry.get("of_ceiling")
    return f"{100 * entry['share']:.0f}" + (f" ({100 * beside:.0f})" if beside is not None else "")


def _gap(found: Mapping[str, Mapping]) -> str:
    first, *others = (entry["share"] for entry in found.values())
    known = [share for share in others if share is not None]
    return "–" if first is None or not known else f"{100 * (first - sum(known) / len(known)):+.0f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
