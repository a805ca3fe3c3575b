"""The engine behind every language's table: templates in, text out, with a record of what the text says.

A template is a sentence with

    {slot}        a phrase, itself a template, chosen by the table
    [, {light}]   left out unless everything inside is to be said
    (a|b|)        one of these
    <x><y>        neighbours in any order

A slot that begins with a field's name states that field: `{time}`, `{time_tag}` and `{time_first}` all state the time.
So `stated` is exact by construction: it lists the fields whose slots were spoken. A 2 behind the first word of a slot
means the second subject: `{kind2}`, `{noun2}`, `{action2_s}`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from filmloom.core.random import seed_from
from filmloom.world.cards import place_card, places
from filmloom.world.scene import Scene

FIELDS = (
    "kind", "colour", "action", "setting", "time", "weather", "light", "mood", "camera", "season", "style", "clothes",
    "kind2", "colour2", "action2", "relation",
)  # fmt: skip

# How often a field is said when the frame leaves it open.
CHANCES = {
    "colour": 0.85, "time": 0.45, "weather": 0.35, "light": 0.3, "mood": 0.22, "camera": 0.3, "season": 0.85,
    "style": 0.85, "clothes": 0.9, "kind2": 0.9, "colour2": 0.7, "action2": 0.6, "relation": 0.85,
}  # fmt: skip
STORYBOOK = 0.06  # how often the usual style is said all the same
UNSAID = ("usual", "none")  # values without words
# Where a field is nothing that people would speak of.
UNSPOKEN = {"moon": {"time", "weather", "light"}, "reef": {"weather"}, "stage_hall": {"weather"}}


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


@cache
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

    dice: random.Random
    wanted: frozenset[str]
    phrases: Callable[[str], Sequence[str]]
    said: set[str]

    def say(self, template: str) -> str:
        return self._nodes(parse(template))

    def _nodes(self, nodes: tuple) -> str:
        return "".join([node.text if type(node) is Text else self._node(node) for node in nodes])

    def _node(self, node: object) -> str:
        match node:
            case Slot(name):
                return self._slot(name)
            case Optional(inside):
                return self._nodes(inside) if _mentioned(inside) <= self.wanted else ""
            case Choice(options):
                return self._nodes(pick(self.dice, options))
            case Shuffle(pieces):
                return "".join([self._nodes(piece) for piece in self.dice.sample(pieces, len(pieces))])
        raise AssertionError(f"no such node: {node!r}")

    def _slot(self, name: str) -> str:
        options = self.phrases(name)
        assert options, f"the table has nothing to say for {{{name}}}"
        stated = field_of(name)
        if stated:
            self.said.add(stated)
        return self.say(pick(self.dice, options))


def pick(dice: random.Random, options: Sequence):
    return options[int(dice.random() * len(options))]


@cache
def _mentioned(nodes: tuple) -> frozenset[str]:
    """Fields of every slot inside."""
    return frozenset(field for name in slots_of(nodes) if (field := field_of(name)))


@dataclass(frozen=True)
class Telling:
    """One scene about to be put into words: what a table's `phrases(telling, slot)` may look at. `chosen`: words that
    were picked for the whole caption, because others must agree with them."""

    scene: Scene
    wanted: frozenset[str]
    dice: random.Random
    chosen: dict = field(default_factory=dict)

    @property
    def subject(self):
        return self.scene.subjects[0]

    def who(self, slot: str):
        """The subject that a slot speaks of."""
        return self.scene.subjects[1 if is_second(slot) else 0]


@cache
def split_slot(slot: str) -> tuple[str, str]:
    """Name and form: `{action2_s}` is ("action", "s")."""
    first, _, form = slot.partition("_")
    return first.removesuffix("2"), form


@cache
def is_second(slot: str) -> bool:
    return slot.partition("_")[0].endswith("2")


@cache
def of_second(templates: tuple[str, ...]) -> tuple[str, ...]:
    """The same templates, told of the second subject."""
    return tuple(re.sub(r"\{([a-z]+)", r"{\g<1>2", template) for template in templates)


def speakable(scene: Scene) -> frozenset[str]:
    """Fields that have words here. A place with one weather is not said to have it."""
    found = set(FIELDS) - _unspoken(scene.setting)
    if len(scene.subjects) < 2:
        found -= {"kind2", "colour2", "action2", "relation"}
    values = {"season": scene.season, "clothes": scene.subjects[0].clothes, "relation": scene.relation}
    return frozenset(found - {name for name, value in values.items() if value in UNSAID})


@cache
def _unspoken(setting: str) -> frozenset[str]:
    card = place_card(setting) if setting in places() else None
    sole = {"time": card.times, "weather": card.weathers} if card else {}
    return frozenset(UNSPOKEN.get(setting, ())) | {name for name, values in sole.items() if len(values) == 1}


def wish(scene: Scene, dice: random.Random, may: frozenset[str]) -> frozenset[str]:
    """What to say of a scene: always who does what where, the rest now and then."""
    chances = CHANCES | {"style": STORYBOOK} if scene.style == "storybook" else CHANCES
    found = {name for name in FIELDS if name in may and dice.random() < chances.get(name, 1.0)}
    if "kind2" in found and scene.subjects[0].kind == scene.subjects[1].kind:
        found |= {"colour", "colour2"}  # or nobody could tell them apart
    return frozenset(found if "kind2" in found else found - {"colour2", "action2", "relation"})


@cache
def is_pair(template: str) -> bool:
    """Whether a frame tells of two subjects."""
    return bool(_mentioned(parse(template)) & {"kind2", "relation"})


def wordings(table, split: str = "any") -> tuple[str, ...]:
    """Names of the table's frames in this split."""
    return tuple(n for n in table.FRAMES if split == "any" or is_held_out_wording(table, n) == (split == "unseen"))


def is_held_out_wording(table, name: str) -> bool:
    """Fixed by a hash of the name; about a sixth. The salts put short and long frames on both sides."""
    return seed_from("held-out wording", table.SALT, table.LANGUAGE, name) % 6 == 0
