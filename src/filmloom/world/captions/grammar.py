"""The engine behind every language's table: templates in, text out, with a record of what the text says.

A template is a sentence with

    {slot}        a phrase, itself a template, chosen by the table
    [, {light}]   left out unless everything inside is to be said
    (a|b|)        one of these
    <x><y>        neighbours in any order

A slot that begins with a field's name states that field: `{time}`, `{time_tag}` and `{time_first}` all state the time.
So `stated` is exact by construction: it lists the fields whose slots were spoken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np

from filmloom.core.random import seed_from
from filmloom.world.scene import Scene

FIELDS = ("kind", "colour", "action", "setting", "time", "weather", "light", "mood", "camera")

# How often a field is said when the frame leaves it open.
CHANCES = {"colour": 0.85, "time": 0.45, "weather": 0.35, "light": 0.3, "mood": 0.22, "camera": 0.3}


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Slot:
    name: str


@dataclass(frozen=True)
class Optional:
    inside: tuple


@dataclass(frozen=True)
class Choice:
    options: tuple[tuple, ...]


@dataclass(frozen=True)
class Shuffle:
    pieces: tuple[tuple, ...]


CLOSING = {"[": "]", "(": ")", "<": ">"}


@cache
def parse(template: str) -> tuple:
    """The template as a tuple of nodes. Raises ValueError with the template when brackets do not match."""
    nodes, rest = _parse(template, "")
    if rest:
        raise ValueError(f"unmatched {rest[0]!r} in template {template!r}")
    return nodes


def _parse(text: str, closing: str) -> tuple[tuple, str]:
    """Nodes up to one of the `closing` characters, and the text from there on."""
    nodes: list = []
    while text and text[0] not in closing:
        if text[0] in "])>}":
            raise ValueError(f"unmatched {text[0]!r} before {text!r}")
        node, text = _parse_node(text)
        nodes.append(node)
    return tuple(nodes), text


def _parse_node(text: str) -> tuple[object, str]:
    first = text[0]
    if first == "{":
        name, _, rest = text[1:].partition("}")
        return Slot(name), rest
    if first == "[":
        inside, rest = _parse_inside(text, "]")
        return Optional(inside), rest
    if first == "(":
        return _parse_choice(text)
    if first == "<":
        return _parse_shuffle(text)
    length = next((i for i, c in enumerate(text) if c in "{[(<])>}|"), len(text))
    return Text(text[: max(length, 1)]), text[max(length, 1) :]


def _parse_inside(text: str, closing: str) -> tuple[tuple, str]:
    inside, rest = _parse(text[1:], closing)
    if not rest:
        raise ValueError(f"no {closing!r} closes {text!r}")
    return inside, rest[1:]


def _parse_choice(text: str) -> tuple[Choice, str]:
    options, rest = [], text
    while rest[0] in "(|":
        option, rest = _parse(rest[1:], "|)")
        if not rest:
            raise ValueError(f"no ')' closes {text!r}")
        options.append(option)
    return Choice(tuple(options)), rest[1:]


def _parse_shuffle(text: str) -> tuple[Shuffle, str]:
    pieces, rest = [], text
    while rest.startswith("<"):
        piece, rest = _parse_inside(rest, ">")
        pieces.append(piece)
    return Shuffle(tuple(pieces)), rest


def field_of(slot: str) -> str | None:
    """The field that a slot states, by its first word, or None."""
    first = slot.partition("_")[0]
    return first if first in FIELDS else None


@cache
def required(nodes: tuple) -> frozenset[str]:
    """Fields whose slots stand outside every [option]: what a frame cannot leave unsaid."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Slot):
            found.update({field_of(node.name)} - {None})
        elif isinstance(node, Choice):
            found |= frozenset.intersection(*(required(option) for option in node.options))
        elif isinstance(node, Shuffle):
            found = found.union(*(required(piece) for piece in node.pieces))
    return frozenset(found)


def slots_of(nodes: tuple) -> Iterator[str]:
    """Every slot of a template, inside brackets too."""
    for node in nodes:
        if isinstance(node, Slot):
            yield node.name
        elif isinstance(node, Optional):
            yield from slots_of(node.inside)
        elif isinstance(node, Choice | Shuffle):
            for part in node.options if isinstance(node, Choice) else node.pieces:
                yield from slots_of(part)


def literals(template: str) -> Iterator[str]:
    """The fixed words of a template."""

    def walk(nodes: tuple) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, Text):
                yield node.text
            elif isinstance(node, Optional):
                yield from walk(node.inside)
            elif isinstance(node, Choice | Shuffle):
                for part in node.options if isinstance(node, Choice) else node.pieces:
                    yield from walk(part)

    return walk(parse(template))


@dataclass
class Speaker:
    """Says one template. `phrases(slot)` lists what may fill a slot; `said` collects the fields stated."""

    rng: np.random.Generator
    wanted: frozenset[str]
    phrases: Callable[[str], Sequence[str]]
    said: set[str]

    def say(self, template: str) -> str:
        return self._nodes(parse(template))

    def _nodes(self, nodes: tuple) -> str:
        return "".join(self._node(node) for node in nodes)

    def _node(self, node: object) -> str:
        match node:
            case Text(text):
                return text
            case Slot(name):
                return self._slot(name)
            case Optional(inside):
                return self._nodes(inside) if self._is_wanted(inside) else ""
            case Choice(options):
                return self._nodes(options[int(self.rng.integers(len(options)))])
            case Shuffle(pieces):
                return "".join(self._nodes(pieces[i]) for i in self.rng.permutation(len(pieces)))
        raise AssertionError(f"no such node: {node!r}")

    def _slot(self, name: str) -> str:
        options = self.phrases(name)
        assert options, f"the table has nothing to say for {{{name}}}"
        stated = field_of(name)
        if stated:
            self.said.add(stated)
        return self.say(options[int(self.rng.integers(len(options)))])

    def _is_wanted(self, nodes: tuple) -> bool:
        return all(field_of(name) in (None, *self.wanted) for name in slots_of(nodes))


@dataclass(frozen=True)
class Telling:
    """One scene about to be put into words: what a table's `phrases(telling, slot)` may look at."""

    scene: Scene
    wanted: frozenset[str]

    @property
    def subject(self):
        return self.scene.subjects[0]


def wordings(table: ModuleType, split: str = "any") -> tuple[str, ...]:
    """Names of the table's frames in this split."""
    return tuple(n for n in table.FRAMES if split == "any" or is_held_out_wording(table, n) == (split == "unseen"))


def is_held_out_wording(table: ModuleType, name: str) -> bool:
    """Fixed by a hash of the name; about a sixth. The salts put short and long frames on both sides."""
    return seed_from("held-out wording", table.SALT, table.LANGUAGE, name) % 6 == 0
