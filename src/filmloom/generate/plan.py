"""From what the planner reads in a prompt to a Scene that can be filmed.

The planner names one option per field, each for itself. Together they may be impossible (a bus cannot dance) or odd
(snow on blossoms). `reconciled` changes as little as it can: what the prompt left open before what it states, and an
odd pairing rather than anything stated. What was stated and could not be kept becomes a note. Positions and phases are
drawn from the seed. A second subject is placed as its relation to the first says, where the two can be filmed so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
from torch import Tensor

from filmloom.core.random import generator, seed_from
from filmloom.models.planner import STATED, plan_fields
from filmloom.world.cards import place_card, places, subject_card, subjects
from filmloom.world.fields import DEFAULTS as UNSAID
from filmloom.world.fields import NONE, PAIR
from filmloom.world.fields import fields as fields_of
from filmloom.world.pairs import place_pair, relates
from filmloom.world.placing import room
from filmloom.world.sample import Repertoire, makes_sense, place_subject
from filmloom.world.scene import COLOURS, LIGHTS, MOODS, RELATIONS, STYLES, TIMES, WEATHERS, Camera, Scene, Subject

# What a change costs. Stated fields cost a hundred times as much, so no odd pairing (ODD) outweighs one.
IMPORTANCE = {
    "kind": 8.0, "action": 4.0, "setting": 4.0, "time": 2.0, "weather": 2.0, "light": 1.0, "mood": 1.0, "season": 1.5,
    "style": 2.0, "clothes": 1.0, "kind2": 8.0, "action2": 3.0, "relation": 2.0,
}  # fmt: skip
STATED_FACTOR, ODD = 100.0, 30.0
AIR = ("time", "weather", "light", "mood", "season", "style")
DEFAULTS = {"time": "noon", "weather": "clear"} | UNSAID  # where a model lacks the field


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


def plan_story(
    beats: Sequence[Mapping[str, Tensor]],
    schema: Mapping[str, tuple[str, ...]],
    *,
    seed: int,
    seconds: float,
    nameless: Sequence[int] = (),
) -> Plan:
    """The planner's logits for each beat of a prompt → a Plan whose scenes follow one another, of equal lengths.

    `nameless`: beats that name nobody ("then she jumps"): whoever was there goes on, whatever the planner makes of it.
    """
    share = seconds / len(beats)
    plans = [plan_scene(beats[0], schema, seed=seed, seconds=share)]
    for number, logits in enumerate(beats[1:], 1):
        same = number in nameless
        plans.append(plan_scene(logits, schema, seed=seed, seconds=share, before=plans[-1], same_cast=same))
    notes = tuple(dict.fromkeys(note for plan in plans for note in plan.notes))
    return replace(plans[0], notes=notes, then=tuple(plan.scene for plan in plans[1:]))


def plan_scene(
    logits: Mapping[str, Tensor],
    schema: Mapping[str, tuple[str, ...]],
    *,
    seed: int,
    seconds: float,
    before: Plan | None = None,
    same_cast: bool = False,
) -> Plan:
    """The planner's logits for one prompt (each [1, n], and "stated" [1, fields]) → a Plan.

    What the prompt leaves unsaid stays as it was in the plan `before`, if there is one."""
    reading = read(logits, schema, seed=seed)
    reading = reading if before is None else followed(reading, before, same_cast=same_cast)
    fields, notes = reconciled(reading)
    if "colour" not in reading.stated:
        fields["colour"] = natural_colour(fields, seed=seed)
    if "colour2" not in reading.stated and not _suits(fields):
        fields["colour2"] = NONE
    scene = scene_of(fields, seed=seed, seconds=seconds)
    scene = scene if before is None else continued(before.scene, scene)
    return Plan(scene, tuple(sorted(reading.stated)), notes=notes)


def followed(reading: Reading, before: Plan, *, same_cast: bool = False) -> Reading:
    """What was read of a later beat, with what it leaves unsaid taken from the beat before: the same somebody in the
    same place. Somebody else brings colour, clothes and company of their own."""
    old = fields_of(before.scene)
    if same_cast:
        reading = replace(reading, stated=reading.stated - {"kind", "kind2", "colour2", "action2", "relation"})
    is_another = "kind" in reading.stated and reading.fields["kind"] != old["kind"]
    own = ("colour", "action", "clothes", "kind2", "colour2", "action2", "relation") if is_another else ()
    kept = {name: option for name, option in old.items() if name not in reading.stated and name not in own}
    return Reading({**reading.fields, **kept}, reading.stated | kept.keys(), reading.doubts)


def continued(before: Scene, scene: Scene) -> Scene:
    """Whoever was there before goes on from where they were; where the frame would end, they turn back."""
    if before.setting != scene.setting:
        return scene
    going_on = zip(before.subjects, scene.subjects)
    subjects = [_going_on(old, new, before.seconds, scene.seconds) for old, new in going_on]
    return replace(scene, subjects=(*subjects, *scene.subjects[len(subjects) :]))


def _going_on(old: Subject, new: Subject, lasted: float, seconds: float) -> Subject:
    if (old.kind, old.colour) != (new.kind, new.colour):
        return new
    ahead = {"left": -1.0, "right": 1.0}
    start = old.x + ahead[old.facing] * old.speed * lasted / 2
    facing = old.facing
    if abs(start + ahead[facing] * new.speed * seconds) > room(new.kind, old.size):
        facing = "left" if start > 0 else "right"
    x = start + ahead[facing] * new.speed * seconds / 2
    return replace(new, x=round(x, 4), y=old.y, size=old.size, facing=facing, phase=0.0)


def read(logits: Mapping[str, Tensor], schema: Mapping[str, tuple[str, ...]], *, seed: int) -> Reading:
    """Sample what is left open with the seed; keep the likelihoods for repairs."""
    fields = DEFAULTS | plan_fields(logits, generator(seed, "plan fields"), schema=schema)
    fields |= _whole_pair(fields, logits, schema)
    stated = frozenset(name for name, logit in zip(schema, logits[STATED].reshape(-1).tolist()) if logit > 0)
    doubts = {}
    for name, options in schema.items():
        row = logits[name].detach().reshape(-1).double().cpu()
        doubts[name] = dict(zip(options, (row.max() - row).tolist()))
    return Reading(fields, stated, doubts)


def _whole_pair(
    fields: Mapping[str, str], logits: Mapping[str, Tensor], schema: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """The likeliest action of a second subject where the sampled one is "none": nobody only stands about."""
    if fields["kind2"] == NONE or fields["action2"] != NONE:
        return {}
    known = subject_card(fields["kind2"]).actions
    if "action2" not in schema:
        return {"action2": known[0]}
    likely = dict(zip(schema["action2"], logits["action2"].reshape(-1).tolist()))
    return {"action2": max(known, key=lambda action: likely.get(action, -math.inf))}


def reconciled(reading: Reading) -> tuple[dict[str, str], tuple[str, ...]]:
    """The cheapest fields that can be filmed together, and a note for each that changed or stayed odd."""
    kind2 = reading.fields["kind2"]
    deed = {kind: reading.cheapest("action", subject_card(kind).actions) for kind in subjects()}
    air = cache(lambda setting: _cheapest_air(reading, setting))

    def least(pair: tuple[str, str]) -> float:
        """The cost of a kind in a setting, before anything is known of its air."""
        kind, setting = pair
        odd = ODD * sum(setting not in subject_card(one).settings for one in (kind, kind2) if one != NONE)
        dressed = reading.cost("clothes", reading.cheapest("clothes", subject_card(kind).clothes))
        own = reading.cost("kind", kind) + reading.cost("setting", setting) + reading.cost("action", deed[kind])
        return own + odd + dressed

    kind, setting = _cheapest(product(subjects(), places()), least, lambda pair: air(pair[1])[0])
    found = {"kind": kind, "setting": setting, "action": deed[kind], **dict(zip(AIR, air(setting)[1]))}
    found["clothes"] = reading.cheapest("clothes", subject_card(kind).clothes)
    found |= _paired(reading, kind)
    return {**reading.fields, **found}, _notes(reading, found)


def _cheapest(pairs: object, least: Callable, rest: Callable) -> tuple[str, str]:
    """The pair of the smallest `least + rest`; `rest`, never below zero, is asked only where it can still matter."""
    best, found = math.inf, None
    for bound, pair in sorted((least(pair), pair) for pair in pairs):
        if bound >= best:
            break
        if (cost := bound + rest(pair)) < best:
            best, found = cost, pair
    return found


def _paired(reading: Reading, kind: str) -> dict[str, str]:
    """Who else is there, what both do and how they stand to each other; "none" for all of it where nobody is."""
    kind2 = reading.fields["kind2"]
    if kind2 == NONE:
        return {"kind2": NONE, "colour2": NONE, "action2": NONE, "relation": NONE}
    done, done2 = subject_card(kind).actions, subject_card(kind2).actions

    def cost(choice: tuple[str, str, str]) -> float:
        action, action2, relation = choice
        # Two who are named stand to each other somehow: "none" is for those who cannot.
        unsaid = ODD if relation == NONE else 0.0
        asked = (("action", action), ("action2", action2), ("relation", relation))
        return unsaid + sum(reading.cost(*one) for one in asked)

    choices = product(done, done2, RELATIONS)
    action, action2, relation = min(
        (c for c in choices if relates(c[2], (kind, c[0]), (kind2, c[1]))), key=lambda c: (cost(c), c)
    )
    return {"kind2": kind2, "action": action, "action2": action2, "relation": relation}


def natural_colour(fields: Mapping[str, str], *, seed: int) -> str:
    """What nobody asked for is as in nature: the planner alone would as soon make a horse green as brown."""
    natural = subject_card(fields["kind"]).natural
    if not natural or fields.get("colour") in natural:
        return fields.get("colour") or tuple(COLOURS)[int(generator(seed, "plan colour").integers(len(COLOURS)))]
    return natural[int(generator(seed, "plan colour").integers(len(natural)))]


def _suits(fields: Mapping[str, str]) -> bool:
    """Whether a second subject may keep a colour nobody asked for: one of nature, unlike the first's of its kind."""
    if fields["kind2"] == NONE:
        return True
    twins = (fields["kind"], fields.get("colour")) == (fields["kind2"], fields["colour2"])
    return not twins and fields["colour2"] in (subject_card(fields["kind2"]).natural or COLOURS)


def scene_of(fields: Mapping[str, str], *, seed: int, seconds: float) -> Scene:
    """Fields that can be filmed together → a Scene; where things stand and how fast they go comes from the seed."""
    fields = DEFAULTS | dict(fields)
    rng = generator(seed, "plan places")
    kind, action, setting = fields["kind"], fields["action"], fields["setting"]
    colour = fields.get("colour") or tuple(COLOURS)[int(rng.integers(len(COLOURS)))]
    cast = ((kind, colour, action),)
    if fields["kind2"] == NONE:
        subjects = (place_subject(rng, _repertoire(), *cast[0], setting, seconds),)
    else:
        cast += ((fields["kind2"], _colour2(fields, colour, seed=seed), fields["action2"]),)
        subjects = place_pair(rng, _repertoire(), cast, fields["relation"], setting, seconds)
    subjects = (replace(subjects[0], clothes=fields["clothes"]), *subjects[1:])
    camera = Camera(fields["camera"], round(float(1 + 0.2 * rng.uniform(-1, 1)), 4))
    air = {name: fields[name] for name in AIR}
    return Scene(
        setting, subjects, **air, relation=fields["relation"], camera=camera, seconds=float(seconds),
        seed=seed_from(seed, "scene") % 2**31,
    )  # fmt: skip


def _colour2(fields: Mapping[str, str], colour: str, *, seed: int) -> str:
    """The second's colour; where nobody knows any, one of nature, unlike the first's."""
    if fields["colour2"] != NONE:
        return fields["colour2"]
    known = [c for c in subject_card(fields["kind2"]).natural or COLOURS if c != colour]
    return known[int(generator(seed, "plan colour 2").integers(len(known)))] if known else colour


@cache
def _repertoire() -> Repertoire:
    return Repertoire.full()


def _cheapest_air(reading: Reading, setting: str) -> tuple[float, tuple[str, ...]]:
    """Time, weather, light, mood, season and style for a setting: possible there, and sensible if that costs nothing
    stated."""
    options, sense = _airs(setting)
    cost = np.where(sense, 0.0, ODD)
    for axis, (field, known) in enumerate(zip(AIR, options)):
        shape = [-1 if axis == other else 1 for other in range(len(AIR))]
        cost = cost + np.array([reading.cost(field, option) for option in known]).reshape(shape)
    place = np.unravel_index(int(cost.argmin()), cost.shape)
    return float(cost[place]), tuple(known[at] for known, at in zip(options, place))


@cache
def _airs(setting: str) -> tuple[tuple[tuple[str, ...], ...], np.ndarray]:
    """The options of every field of `AIR` in this setting, and which of their combinations make sense."""
    place = place_card(setting)
    times, weathers = (
        tuple(o for o in all_ if o in known) for all_, known in ((TIMES, place.times), (WEATHERS, place.weathers))
    )
    options = (times, weathers, LIGHTS, MOODS, place.seasons, STYLES)
    sense = [makes_sense(setting, **dict(zip(AIR, air))) for air in product(*options)]
    return options, np.array(sense).reshape([len(known) for known in options])


def _notes(reading: Reading, found: Mapping[str, str]) -> tuple[str, ...]:
    """What was stated and could not be kept, and what is odd. Fields left open are free to fit: that is no change."""
    notes = []
    for field, option in found.items():
        asked = reading.fields.get(field, option)
        if option != asked and field in reading.stated:
            notes.append(f"{field} {asked} became {option}: {_reason(field, found)}")
    if found["setting"] not in subject_card(found["kind"]).settings:
        notes.append(f"a {found['kind']} is unusual in {found['setting']}; it is filmed as asked")
    elif found["kind2"] != NONE and found["setting"] not in subject_card(found["kind2"]).settings:
        notes.append(f"a {found['kind2']} is unusual in {found['setting']}; it is filmed as asked")
    elif not makes_sense(found["setting"], **{name: found[name] for name in AIR}):
        notes.append(f"{', '.join(_spoken(found))} are unusual together in {found['setting']}; filmed as asked")
    return tuple(notes)


def _spoken(found: Mapping[str, str]) -> list[str]:
    """The air of a scene, without what is as usual."""
    return [found[name] for name in AIR if (name, found[name]) not in (("season", "usual"), ("style", "storybook"))]


def _reason(field: str, found: Mapping[str, str]) -> str:
    """The rule that the old option broke, in terms of what was kept."""
    kind, setting = found["kind"], found["setting"]
    if field in (*PAIR.values(), "relation") and found["kind2"] == NONE:
        return "nobody else is there"
    if field == "action":
        return f"a {kind} can {', '.join(subject_card(kind).actions)}"
    if field == "action2":
        return f"a {found['kind2']} can {', '.join(subject_card(found['kind2']).actions)}"
    if field == "clothes":
        return f"a {kind} can wear {', '.join(subject_card(kind).clothes)}"
    if field == "relation":
        return f"a {kind} ({found['action']}) and a {found['kind2']} ({found['action2']}) cannot stand like that"
    if field == "setting":
        return f"a {kind} is filmed in {', '.join(subject_card(kind).settings)}"
    if field == "kind":
        return f"nobody else in the cast can {found['action']} in {setting}"
    place = place_card(setting)
    known = {"time": place.times, "weather": place.weathers, "season": place.seasons}.get(field)
    return (
        f"{setting} knows {', '.join(known)}"
        if known and len(known) < 4
        else f"it does not go with the rest in {setting}"
    )
