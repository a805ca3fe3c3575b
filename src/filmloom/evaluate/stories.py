"""Prompts that tell several things one after the other, and how often the planned scenes show them, in that order.

A story's beats are captions of scenes of their own, joined as its language joins them: "First A, then B, then C".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from filmloom.core.random import generator
from filmloom.generate.beats import OPENERS, TURNS, UNSPACED
from filmloom.world.captions import LANGUAGES, Caption, caption
from filmloom.world.fields import agreeing, fields
from filmloom.world.sample import Repertoire, sample_scene
from filmloom.world.scene import Scene

ENDS = " \t.。!！…।"  # what closes a sentence that goes on


@dataclass(frozen=True)
class Story:
    """`prompt` in `language`; `told`: what each beat states, field → option, in order."""

    prompt: str
    language: str
    told: tuple[dict[str, str], ...]
    seed: int


def stories(num: int, seed: int, languages: Sequence[str] = LANGUAGES) -> Iterator[Story]:
    """`num` stories of each language, of two and of three beats in turn, whose beats differ in who acts."""
    for language in languages:
        for number in range(num):
            yield story(generator(seed, "story", language, number), language, 2 + number % 2)


def story(rng: np.random.Generator, language: str, num_beats: int) -> Story:
    scenes: list[Scene] = []
    while len(scenes) < num_beats:
        scene = sample_scene(rng, Repertoire.full(), split="seen")
        if len(scene.subjects) == 1 and scene.subjects[0].kind not in {s.subjects[0].kind for s in scenes}:
            scenes.append(scene)
    captions = [_naming(scene, language, rng) for scene in scenes]
    told = tuple(_stated(scene, one) for scene, one in zip(scenes, captions))
    return Story(joined([one.text for one in captions], language, rng), language, told, int(rng.integers(2**31)))


def _naming(scene: Scene, language: str, rng: np.random.Generator) -> Caption:
    """A caption that says who acts: one that names nobody goes on with who was there, rightly."""
    while "kind" not in (told := caption(scene, language, rng)).stated:
        pass
    return told


def _stated(scene: Scene, told: Caption) -> dict[str, str]:
    return {name: option for name, option in fields(scene).items() if name in told.stated}


def joined(beats: Sequence[str], language: str, rng: np.random.Generator) -> str:
    """The beats with a word that opens the first and a word that turns to each later one."""
    gap, comma = ("", "，" if language == "zh" else "、") if language in UNSPACED else (" ", ", ")
    bare = [beat.strip(ENDS) for beat in beats]
    turns = [str(rng.choice(TURNS[language])) for _ in bare[1:]]
    first = f"{rng.choice(OPENERS[language])}{gap}{bare[0]}"
    return comma.join([first, *(f"{turn}{gap}{beat}" for turn, beat in zip(turns, bare[1:]))])


def scored(asked: Sequence[Story], planned: Callable[[Story], Sequence[Scene]]) -> dict:
    """Per language and for "all": `right` of `of` stated fields found in the scene of their own beat; `scenes`: share
    of stories with as many scenes as beats; `order`: share whose subjects come in the order told."""
    rows = [(one, [fields(scene) for scene in planned(one)]) for one in asked]
    return {
        language: _row([row for row in rows if language in ("all", row[0].language)])
        for language in ("all", *dict.fromkeys(one.language for one in asked))
    }


def _row(rows: Sequence[tuple[Story, list[dict[str, str]]]]) -> dict:
    hits = [hit for one, found in rows for hit in _hits(one, found)]
    told = [[beat["kind"] for beat in one.told] for one, _ in rows]
    shown = [[scene["kind"] for scene in found] for _, found in rows]
    share = lambda values: round(float(np.mean(values)), 4)  # noqa: E731
    return {
        "right": sum(hits), "of": len(hits), "share": share(hits), "stories": len(rows),
        "scenes": share([len(a) == len(b) for a, b in zip(told, shown)]),
        "order": share([a == b for a, b in zip(told, shown)]),
    }  # fmt: skip


def _hits(one: Story, found: Sequence[dict[str, str]]) -> Iterator[bool]:
    """Whether each stated field is as told in its own scene; a scene that is missing has none of it right."""
    for number, stated in enumerate(one.told):
        scene = agreeing(found[number], stated) if number < len(found) else {}
        yield from (scene.get(name) == option for name, option in stated.items())
