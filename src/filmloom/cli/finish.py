"""`filmloom finish`: any film, steadied, retimed, graded, subtitled, delivered."""

from __future__ import annotations

import json
import re
import sys
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import typer

from filmloom.cli.options import AsJson
from filmloom.cli.progress import shower
from filmloom.core.errors import RequestError


def finish(
    film: Annotated[Path, typer.Argument(help="The film to finish: any that FFmpeg reads.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The film to write.")],
    fps: Annotated[str | None, typer.Option(help="New frame rate: 30, 23.976, 30000/1001; the duration stays.")] = None,
    steady: Annotated[str, typer.Option(help="Remove camera shake: crop or fill.")] = "",
    deflicker: Annotated[bool, typer.Option("--deflicker", help="Remove flicker of the whole picture.")] = False,
    level: Annotated[bool, typer.Option("--level", help="Undo slow drifts of light and colour.")] = False,
    grade: Annotated[str, typer.Option(help="A look: neutral, warm, cool, soft, film, noir, ...")] = "",
    lut: Annotated[Path | None, typer.Option(help="A .cube file.")] = None,
    preset: Annotated[str, typer.Option(help="web, social-9x16, hevc, av1, prores-hq, ffv1, png, gif, ...")] = "web",
    frame: Annotated[str, typer.Option(help="For another aspect: crop, pad or blur.")] = "crop",
    subtitles: Annotated[Path | None, typer.Option(help="SRT, VTT or ASS.")] = None,
    burn: Annotated[bool, typer.Option("--burn", help="Draw the subtitles into the picture.")] = False,
    language: Annotated[str, typer.Option(help="Of sound and subtitles, such as en or zh.")] = "und",
    audio: Annotated[
        list[str] | None,
        typer.Option(help="FILE: its sound in place of the film's own. LANGUAGE=FILE, repeated: the first is heard."),
    ] = None,
    loudness: Annotated[float | None, typer.Option(help="LUFS: -14 for the web, -23 for broadcast.")] = None,
    chapters: Annotated[Path | None, typer.Option(help="A list of chapters: a time and a title on each line.")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="Write nothing if it still flickers, jumps or freezes.")] = False,
    as_json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUTPUT if it exists.")] = False,
) -> None:
    """Finish any film: frame rate, shake, flicker, colour, frame, subtitles, sound, and the form a place asks for.

    The film's measures before and after, and what each step did, go into OUTPUT.json; --json prints them too.
    """
    from filmloom.finishing.chain import Finish
    from filmloom.finishing.chain import finish as finished
    from filmloom.finishing.flow import FlowBetween

    wished = Finish(
        fps=None if fps is None else rate_of(fps), steady=steady, deflicker=deflicker, level=level, grade=grade,
        lut=lut, preset=preset, frame=frame, subtitles=subtitles, burn=burn, language=language,
        audio=tuple(track(word, language) for word in audio or ()), loudness=loudness, chapters=chapters, gate=gate,
    )  # fmt: skip
    began = time.monotonic()
    with shower(as_json=as_json) as show:

        def on_frame(done: int, of: int) -> None:
            left = (time.monotonic() - began) / done * max(0, of - done)
            show(SimpleNamespace(stage="finish", done=done, total=max(of, done), seconds_left=left, preview=None))

        flow = FlowBetween()
        made = {"between": flow, "among": flow.among}
        report = finished(film, output, wished, **made, on_frame=on_frame, overwrite=overwrite)
    told = {"event": "done", "file": str(output), "spent_seconds": round(time.monotonic() - began, 2), "report": report}
    print(json.dumps(told, ensure_ascii=False) if as_json else _line(output, report))


def rate_of(text: str) -> Fraction:
    """ "30", "23.976" (which means 24000/1001) or "30000/1001"."""
    known = {"23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001), "59.94": Fraction(60000, 1001)}
    try:
        rate = known.get(text) or Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise RequestError("fps", text, "it must be a number or a fraction", "30") from None
    if not 1 <= rate <= 240:
        raise RequestError("fps", text, "it must be from 1 to 240", 30)
    return rate


def track(word: str, language: str) -> tuple[str, Path]:
    """ "en=track.wav", or a file alone, whose sound is in `language`. A folder may have "=" in its name, a code not."""
    match = re.fullmatch(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)=(.+)", word)
    return (match[1], Path(match[2])) if match else (language, Path(word))


def _line(output: Path, report: dict) -> str:
    delivery = report["delivery"]
    if not sys.stdout.isatty():
        return str(output)
    what = f"{delivery['num_frames']} frames, {delivery['size']}, {delivery['rate']} fps, {delivery['preset']}"
    return f"{output}: {what}; details in {output}.json"
