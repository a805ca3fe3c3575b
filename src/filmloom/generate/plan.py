"""From what the planner reads in a prompt to a Scene that can be filmed.

The planner names one option per field, each for itself. Together they may be impossible (a bus cannot dance) or odd
(snow on blossoms). `reconciled` changes as little as it can: what the prompt left open before what it states, and an
odd pairing rather than anything stated. What was stated and could not be kept becomes a note. Positions and phases are
drawn from the seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from torch import Tensor

from filmloom.core.random import generator, seed_from
from filmloom.models.planner import STATED, plan_fields
from filmloom.world.cards import place_card, places, subject_card, subjects
from filmloom.world.sample import Repertoire, makes_sense, place_subject
from filmloom.world.scene import COLOURS, LIGHTS, MOODS, MOVES, TIMES, WEATHERS, Camera, Scene

# What a change costs. Stated fields cost a hundred times as much, so no odd pairing (ODD) outweighs one.
IMPORTANCE = {"kind": 8.0, "action": 4.0, "setting": 4.0, "time": 2.0, "weather": 2.0, "light": 1.0, "mood": 1.0}
STATED_FACTOR, ODD = 100.0, 30.0
AIR = ("time", "weather", "light", "mood")
DEFAULTS = {"time": "noon", "weather": "clear", "light": "natural", "mood": "calm"}  # where a model lacks the field


@dataclass(frozen=True)
class Plan:
    """A Scene, the fields that the prompt states, the words nobody taught the model, and what had to be changed.

    `then`: the scenes after it, where the prompt tells several things one after the other."""

    scene: Scene
    stated: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    then: tuple[Scene, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What the planner read: the sampled option per field, and what any other would cost."""

    fields: dict[str, str]
    stated: frozenset[str]
    doubts: dict[str, dict[str, float]]  # per field and option: how far below the likeliest, in nats

    def cost(self, field: str, option: str) -> float:
        """Of saying `option` where the reading says something else; the likelier, the cheaper."""
        if option == self.fields.get(field, option):
            return 0.0
        factor = STATED_FACTOR if field in self.stated else 1.0
        return factor * IMPORTANCE[field] + min(self.doubts.get(field, {}).get(option, 50.0), 50.0) / 1000

    def cheapest(self, field: str, options: tuple[str, ...]) -> str:
        return min(options, key=lambda option: self.cost(field, option))


def plan_scene(
    logits: Mapping[str, Tensor], schema: Mapping[str, tuple[str, ...]], *, seed: int, seconds: float
) -> Plan:
    """The planner's logits for one prompt (each [1, n], and "stated" [1, fields]) → a Plan."""
    reading = read(logits, schema, seed=seed)
    fields, notes = reconciled(reading)
    if "colour" not in reading.stated:
        fields["colour"] = natural_colour(fields, seed=seed)
    return Plan(scene_of(fields, seed=seed, seconds=seconds), tuple(sorted(reading.stated)), notes=notes)


def read(logits: Mapping[str, Tensor], schema: Mapping[str, tuple[str, ...]], *, seed: int) -> Reading:
    """Sample what is left open with the seed; keep the likelihoods for repairs."""
    fields = DEFAULTS | plan_fields(logits, generator(seed, "plan fields"), schema=schema)
    stated = frozenset(name for name, logit in zip(schema, logits[STATED].reshape(-1).tolist()) if logit > 0)
    doubts = {}
    for name, options in schema.items():
        row = logits[name].detach().reshape(-1).double().cpu()
        doubts[name] = dict(zip(options, (row.max() - row).tolist()))
    return Reading(fields, stated, doubts)


def reconciled(reading: Reading) -> tuple[dict[str, str], tuple[str, ...]]:
    """The cheapest fields that can be filmed together, and a note for each that changed or stayed odd."""
    air = {setting: _cheapest_air(reading, setting) for setting in places()}
    deed = {kind: reading.cheapest("action", subject_card(kind).actions) for kind in subjects()}

    def cost(pair: tuple[str, str]) -> float:
        kind, setting = pair
        odd = ODD * (setting not in subject_card(kind).settings)
        own = reading.cost("kind", kind) + reading.cost("setting", setting) + reading.cost("action", deed[kind])
        return own + odd + air[setting][0]

    kind, setting = min(product(subjects(), places()), key=cost)
    found = {"kind": kind, "setting": setting, "action": deed[kind], **dict(zip(AIR, air[setting][1]))}
    return {**reading.fields, **found}, _notes(reading, found)


def natural_colour(fields: Mapping[str, str], *, seed: int) -> str:
    """What nobody asked for is as in nature: the planner alone would as soon make a horse green as brown."""
    natural = subject_card(fields["kind"]).natural
    if not natural or fields.get("colour") in natural:
        return fields.get("colour") or tuple(COLOURS)[int(generator(seed, "plan colour").integers(len(COLOURS)))]
    return natural[int(generator(seed, "plan colour").integers(len(natural)))]


def scene_of(fields: Mapping[str, str], *, seed: int, seconds: float) -> Scene:
    """Fields that can be filmed together → a Scene; where things stand and how fast they go comes from the seed."""
    rng = generator(seed, "plan places")
    kind, action, setting = fields["kind"], fields["action"], fields["setting"]
    colour = fields.get("colour") or tuple(COLOURS)[int(rng.integers(len(COLOURS)))]
    subject = place_subject(rng, _repertoire(), kind, colour, action, setting, seconds)
    camera = Camera(fields.get("camera", MOVES[0]), round(float(1 + 0.2 * rng.uniform(-1, 1)), 4))
    air = {name: fields[name] for name in AIR}
    return Scene(
        setting, (subject,), **air, camera=camera, seconds=float(seconds), seed=seed_from(seed, "scene") % 2**31
    )


@cache
def _repertoire() -> Repertoire:
    return Repertoire.full()


def _cheapest_air(reading: Reading, setting: str) -> tuple[float, tuple[str, ...]]:
    """Time, weather, light and mood for a setting: possible there, and sensible if that costs nothing stated."""
    place = place_card(setting)
    times, weathers = (
        tuple(o for o in all_ if o in known) for all_, known in ((TIMES, place.times), (WEATHERS, place.weathers))
    )

    def cost(air: tuple[str, ...]) -> float:
        odd = 0.0 if makes_sense(setting, **dict(zip(AIR, air))) else ODD
        return odd + sum(reading.cost(field, option) for field, option in zip(AIR, air))

    return min((cost(air), air) for air in product(times, weathers, LIGHTS, MOODS))


def _notes(reading: Reading, found: Mapping[str, str]) -> tuple[str, ...]:
    """What was stated and could not be kept, and what is odd. Fields left open are free to fit: that is no change."""
    notes = []
    for field, option in found.items():
        asked = reading.fields.get(field, option)
        if option != asked and field in reading.stated:
            notes.append(f"{field} {asked} became {option}: {_reason(field, found)}")
    if found["setting"] not in subject_card(found["kind"]).settings:
        notes.append(f"a {found['kind']} is unusual in {found['setting']}; it is filmed as asked")
    elif not makes_sense(found["setting"], **{name: found[name] for name in AIR}):
        notes.append(
            f"{', '.join(found[name] for name in AIR)} are unusual together in {found['setting']}; filmed as asked"
        )
    return tuple(notes)


def _reason(field: str, found: Mapping[str, str]) -> str:
    """The rule that the old option broke, in terms of what was kept."""
    kind, setting = found["kind"], found["setting"]
    if field == "action":
        return f"a {kind} can {', '.join(subject_card(kind).actions)}"
    if field == "setting":
        return f"a {kind} is filmed in {', '.join(subject_card(kind).settings)}"
    if field == "kind":
        return f"nobody else in the cast can {found['action']} in {setting}"
    known = {"time": place_card(setting).times, "weather": place_card(setting).weathers}.get(field)
    return (
        f"{setting} knows {', '.join(known)}"
        if known and len(known) < 4
        else f"it does not go with the rest in {setting}"
    )
