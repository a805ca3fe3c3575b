"""How a run is shown: one bar per stage on a terminal, JSON lines when asked, silence when piped."""

from __future__ import annotations

import json
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Event(Protocol):
    """What a stage reports (generate's Progress): `done` of `total`, and the time it still needs."""

    stage: str
    done: int
    total: int
    seconds_left: float | None


class Silent:
    """Shows nothing; the others say more."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, event: Event) -> None:
        pass


class JsonLines(Silent):
    """One JSON object per step on stdout, flushed at once."""

    def __enter__(self) -> JsonLines:
        self("starting")
        return self

    def __call__(self, event: Event | str) -> None:
        print(json.dumps({"event": "progress", **_fields(event)}), flush=True)


class Bars(Silent):
    """One bar per stage on stderr. The first appears before the heavy imports, lest one waits before a blank screen."""

    def __enter__(self) -> Bars:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description:<12}"),
            BarColumn(32),
            TextColumn("{task.fields[count]:>9}  {task.fields[left]}"),
        )
        self.bars = Progress(*columns, console=Console(stderr=True))
        self.tasks: dict[str, int] = {}
        self.bars.start()
        self._bar("starting")
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def __call__(self, event: Event) -> None:
        self._finish("starting")
        task = self._bar(event.stage)
        left = "" if event.seconds_left is None or event.done >= event.total else _clock(event.seconds_left)
        count = f"{event.done}/{event.total}"
        self.bars.update(task, completed=event.done, total=event.total, count=count, left=left)

    def _bar(self, stage: str) -> int:
        if stage not in self.tasks:
            self.tasks[stage] = self.bars.add_task(stage, total=None, count="", left="")
        return self.tasks[stage]

    def _finish(self, stage: str) -> None:
        self.bars.update(self.tasks[stage], completed=1, total=1)


class Previews:
    """Passes events on, and writes the picture that comes with a step as `FOLDER/STAGE-STEP.png`."""

    def __init__(self, folder: Path, shown: Silent):
        self.folder, self.shown = folder, shown

    def __call__(self, event: Event) -> None:
        self.shown(event)
        if getattr(event, "preview", None) is not None:
            from PIL import Image

            self.folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(event.preview).save(self.folder / f"{event.stage}-{event.done:03d}.png")


def shower(*, as_json: bool) -> AbstractContextManager:
    """The way of showing that fits where the output goes."""
    if as_json:
        return JsonLines()
    return Bars() if sys.stderr.isatty() else Silent()


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self.start


def _fields(event: Event | str) -> dict[str, object]:
    if isinstance(event, str):
        return {"stage": event, "done": 0, "total": 1, "seconds_left": None}
    left = None if event.seconds_left is None else round(event.seconds_left, 1)
    return {"stage": event.stage, "done": event.done, "total": event.total, "seconds_left": left}


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} left"
