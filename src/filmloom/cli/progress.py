"""How a run is shown: one bar per stage on a terminal, JSON lines when asked, silence when piped."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Protocol


class Event(Protocol):
    """What a stage reports (generate's Progress): `done` of `total`, and the seconds it still needs."""

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
        self._print("start", 0, 1, None)
        return self

    def __call__(self, event: Event) -> None:
        self._print(event.stage, event.done, event.total, event.seconds_left)

    def _print(self, stage: str, done: int, total: int, seconds_left: float | None) -> None:
        left = None if seconds_left is None else round(seconds_left, 1)
        facts = {"event": "progress", "stage": stage, "done": done, "total": total, "seconds_left": left}
        print(json.dumps(facts), flush=True)


class Bars(Silent):
    """One bar per stage on stderr. The first appears before the heavy imports, lest one waits before a blank screen."""

    def __enter__(self) -> Bars:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        texts = (TextColumn("{task.description:<11}"), BarColumn(32), TextColumn("{task.fields[told]}"))
        self.bars = Progress(SpinnerColumn(finished_text="✓"), *texts, console=Console(stderr=True))
        self.tasks: dict[str, int] = {}
        self.bars.start()
        self._update("start", 0, None, "")
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def __call__(self, event: Event) -> None:
        self._update("start", 1, 1, "")
        running = event.seconds_left is not None and event.done < event.total
        left = f"  {_clock(event.seconds_left)} left" if running else ""
        self._update(event.stage, event.done, event.total, f"{event.done}/{event.total}{left}")

    def _update(self, stage: str, done: int, total: int | None, told: str) -> None:
        if stage not in self.tasks:
            self.tasks[stage] = self.bars.add_task(stage, total=None, told="")
        self.bars.update(self.tasks[stage], completed=done, total=total, told=told)


class Previews:
    """Passes events on, and writes the picture that comes with a denoising step as `FOLDER/STAGE-STEP.png`."""

    def __init__(self, folder: Path | None, shown: Silent):
        self.folder, self.shown = folder, shown

    def __call__(self, event: Event) -> None:
        self.shown(event)
        if self.folder is not None and event.stage == "denoise" and event.preview is not None:
            from filmloom.core.png import write_png

            write_png(self.folder / f"{event.stage}-{event.done:03d}.png", event.preview)


def shower(*, as_json: bool) -> Silent:
    """The way of showing that fits where the output goes."""
    if as_json:
        return JsonLines()
    return Bars() if sys.stderr.isatty() else Silent()


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
