"""Weather in front of everything: rain, snow, fog, wind-borne leaves."""

from __future__ import annotations

from filmloom.world.pen import Pen
from filmloom.world.stage import Stage


def weather(pen: Pen, stage: Stage) -> None:
    """Paint the stage's weather over the finished picture."""
