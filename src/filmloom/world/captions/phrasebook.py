"""The engine for languages whose table is plain data: `es.py` and its neighbours. A speaker corrects the table alone.

A table's words are strings: synonyms between commas, forms between semicolons, gender forms between slashes.

    "beach": "en la playa, a la orilla del mar; playa; la playa"       where it happens; as a tag; what one flies above
    "red": "rojo/roja, rojo vivo/roja viva"                             masculine/feminine, in the order of GENDERS
    "girl": "niña f, chica f"                                           nouns carry the letter of their gender

FORMS names the forms of each field; where a form is missing, the one before it is said. Slots are those of
`grammar.py`; besides the fields a sentence may use {lead}, {noun}, {part} (what a person wears and so what carries the
colour) and every name in LITTLE, whose gender forms follow the noun: {a} {noun}, or the part: {a_part} {part}. The
subject is always told in the nominative, so that no table needs case endings.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from filmloom.world.captions.grammar import Telling, is_second, of_second, pick, split_slot

FORMS = {
    "colour": ("", "part", "name"), "action": ("", "tag", "and"), "setting": ("", "tag", "over"), "time": ("", "tag"),
    "weather": ("", "clause", "tag"), "light": ("", "tag"), "mood": ("word", "adverb"), "camera": ("", "tag"),
    "season": ("", "tag"), "style": ("", "tag"), "clothes": ("", "tag"), "relation": ("with", "clause", "says", "tag"),
}  # fmt: skip
ALOFT = ("airplane", "balloon", "bird", "butterfly", "rocket")


class Phrasebook:
    """A table as the captions use it: its sentence frames, and what may fill their slots."""

    def __init__(self, table: ModuleType) -> None:
        self.LANGUAGE, self.SALT, self.FRAMES, self.STYLED = table.LANGUAGE, table.SALT, table.FRAMES, table.STYLED
        self.RARE, self.KEPT_BACK = getattr(table, "RARE", {}), getattr(table, "KEPT_BACK", ())
        self.STOP_WORDS, self.NEAREST = table.STOP_WORDS, getattr(table, "NEAREST", "")
        self.table = table
        self.genders = getattr(table, "GENDERS", "")
        self.mends = tuple((re.compile(wrong), right) for wrong, right in getattr(table, "MEND", ()))
        self.words = {
            "kind": table.NOUNS, "colour": table.COLOURS, "action": table.ACTIONS, "setting": table.SETTINGS,
            "time": table.TIMES, "weather": table.WEATHERS, "light": table.LIGHTS, "mood": table.MOODS,
            "camera": table.CAMERAS, "season": table.SEASONS, "style": table.STYLES, "clothes": table.CLOTHES,
            "relation": table.RELATIONS,
        }  # fmt: skip

    def phrases(self, telling: Telling, slot: str) -> tuple[str, ...]:
        """The templates that may fill `slot` for this scene."""
        name, form = split_slot(slot)
        second = is_second(slot)
        said = self._subject(telling, slot, name, form) or self._air(telling, name, form)
        return of_second(said) if second else said

    def _subject(self, telling: Telling, slot: str, name: str, form: str) -> tuple[str, ...]:
        """What a slot says of a subject; () if it speaks of anything else."""
        subject, second = telling.who(slot), is_second(slot)
        match name:
            case "kind":
                coloured = ("colour2" if second else "colour") in telling.wanted
                return _kind(self, subject.kind, form, coloured, "clothes" in telling.wanted and not second)
            case "colour" if form.endswith("says"):
                return self.table.SUBJECT["worn_says" if subject.kind in self.table.PARTS else "says"]
            case "colour":
                gender = self._noun(telling, slot, "part" if form == "part" else "noun")[1]
                return _options(self, "colour", subject.colour, form, gender)
            case "action":
                gender = self._noun(telling, slot, "noun")[1]
                return _action(self, subject.kind, subject.action, form, gender)
            case "noun" | "part":
                return (self._noun(telling, slot, name)[0],)
        if name in self.table.LITTLE:
            return _agreeing((self.table.LITTLE[name],), self._noun(telling, slot, form or "noun")[1])
        return ()

    def _air(self, telling: Telling, name: str, form: str) -> tuple[str, ...]:
        scene, gender = telling.scene, self._noun(telling, "noun", "noun")[1]
        match name:
            case "lead":
                return self.table.LEADS
            case "setting":
                aloft = scene.subjects[0].kind in ALOFT
                return _setting(self, scene.setting, form, aloft, "season" in telling.wanted)
            case "mood" if form not in FORMS["mood"]:
                return self.table.MOOD[form]
            case "camera":
                return _options(self, name, scene.camera.move, form, gender)
            case "clothes":
                return _options(self, name, scene.subjects[0].clothes, form, gender)
        return _options(self, name, getattr(scene, name), form, gender)

    def _noun(self, telling: Telling, slot: str, what: str) -> tuple[str, int]:
        """The word chosen for a subject (or its part) and its gender: one choice for the whole caption."""
        key = (what, is_second(slot))
        if key not in telling.chosen:
            table = self.table.PARTS if what == "part" else self.table.NOUNS
            telling.chosen[key] = pick(telling.dice, _nouns(self, table[telling.who(slot).kind]))
        return telling.chosen[key]

    def typed(self, text: str, dice: random.Random) -> str:
        """Mend what meets at the joints of phrases, then write as people type: carefully, plainly or hurried."""
        text = re.sub(r"\s+", " ", text).strip().rstrip(".。।")
        for wrong, right in self.mends:
            text = wrong.sub(right, text)
        style = dice.random()
        if style < 0.6:
            text = re.sub(r"(^|[.。।] )(\w)", lambda m: m[1] + m[2].upper(), text)
            return text + self.table.FULL_STOP if style < 0.45 else text
        return text.upper() if style > 0.985 else text

    def spoken(self) -> Iterator[str]:
        """Every string of the table that can be heard, for the lexicon."""
        loud = {k: v for k, v in vars(self.table).items() if k.isupper() and k not in SILENT}
        yield from _strings(list(loud.values()))


SILENT = ("LANGUAGE", "GENDERS", "FULL_STOP", "STOP_WORDS", "NEAREST", "MEND", "RARE", "KEPT_BACK", "SALT", "AFTER")


def _strings(table: object) -> Iterator[str]:
    if isinstance(table, str):
        yield table
    elif not isinstance(table, int | float):
        for inner in table.values() if isinstance(table, dict) else table:
            yield from _strings(inner)


def synonyms(words: str, place: int = 0) -> tuple[str, ...]:
    """The synonyms of one form: `synonyms("rojo, rojo vivo; en rojo", 1)` is ("en rojo",)."""
    forms = words.split(";")
    return tuple(phrase.strip() for phrase in forms[min(place, len(forms) - 1)].split(","))


def _agreeing(phrases: tuple[str, ...], gender: int) -> tuple[str, ...]:
    split = [phrase.split("/") for phrase in phrases]
    return tuple(forms[gender] if len(forms) > 1 else forms[0] for forms in split)


@cache
def _options(book: Phrasebook, field: str, value: str, form: str, gender: int) -> tuple[str, ...]:
    words = book.words[field].get(value, value)
    return _agreeing(synonyms(words, FORMS[field].index(form)), gender)


@cache
def _nouns(book: Phrasebook, words: str) -> tuple[tuple[str, int], ...]:
    """Each noun with the place of its gender in GENDERS."""
    if not book.genders:
        return tuple((noun, 0) for noun in synonyms(words))
    return tuple((noun[:-2], book.genders.index(noun[-1])) for noun in synonyms(words))


@cache
def _kind(book: Phrasebook, kind: str, form: str, coloured: bool, clothed: bool) -> tuple[str, ...]:
    told = book.table.SUBJECT
    if form == "plain" or not coloured:
        name = "plain_tag" if form == "tag" else "plain"
    else:
        name = ("worn" if kind in book.table.PARTS else "coloured") + ("_tag" if form == "tag" else "")
    if not clothed:
        return told[name]
    frame = book.table.CLOTHED_TAG if form == "tag" else book.table.CLOTHED
    return tuple(frame.replace("{}", phrase) for phrase in told[name])


@cache
def _action(book: Phrasebook, kind: str, action: str, form: str, gender: int) -> tuple[str, ...]:
    words = book.table.ACTIONS_OF.get(f"{kind} {action}") or book.table.ACTIONS[action]
    return _agreeing(synonyms(words, FORMS["action"].index(form)), gender)


@cache
def _setting(book: Phrasebook, setting: str, form: str, aloft: bool, in_season: bool) -> tuple[str, ...]:
    words = book.table.SETTINGS[setting]
    said = synonyms(words, FORMS["setting"].index(form))
    if aloft and not form and words.count(";") == 2:
        over = synonyms(words, 2)
        said = tuple(book.table.OVER.replace("{place}", place) for place in over)
    if not in_season:
        return said
    frame = book.table.SEASONED_TAG if form == "tag" else book.table.SEASONED
    return tuple(frame.replace("{}", phrase) for phrase in said)
