"""The policy: which categories there are, what happens to each, and which checks must have answered.

A policy is a TOML or JSON file that a person can read; `policy.toml` beside this file is the default and the example.
Every key is known or refused. Word tables, one file a language, lie in `words/`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path

from filmloom.core.errors import RequestError
from filmloom.finishing.safety.verdict import ANSWERS, worst

HERE = Path(__file__).parent
CHECKS = ("prompt", "rewritten", "people", "brands", "moderation", "reference", "output")
LANGUAGES = ("en", "zh", "ja", "ko", "es", "fr", "de", "pt", "ru", "ar", "hi", "id")
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Category:
    """`action`: the strictest outcome it can have. `warn_at`, `review_at`, `block_at`: probabilities of a classifier.
    `words`, `words_file`: words of your own, in any language."""

    title: str
    action: str
    severity: int = 1
    instead: str = ""
    warn_at: float = 0.3
    review_at: float = 0.6
    block_at: float = 0.8
    words: tuple[str, ...] = ()
    words_file: str = ""

    def outcome(self, probability: float) -> str:
        """What a classifier's probability means, never stricter than `action`."""
        reached = [name for name in ANSWERS[1:] if probability >= getattr(self, f"{name}_at")]
        return min(worst(reached), self.action, key=ANSWERS.index)


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Which frames of a film are looked at: first, last, every `every`-th, and where the picture changes by more than
    `cut` (mean change of brightness, 0 to 1). `categories`: what the classifiers must be able to tell, together."""

    every: int = 15
    cut: float = 0.12
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A language's words: `words` and `near` by category. A `near` entry is a list of groups, all of which must occur
    with at most `within` letters between. `unless`: phrases in which a word is innocent. `homophones`: lines "syllable
    characters disguises"."""

    language: str
    within: int = 40
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    near: Mapping[str, tuple[tuple[tuple[str, ...], ...], ...]] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    homophones: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`required`: checks without whose answer nothing goes on. `uncovered`: the outcome for a text in a script that no
    word table covers. `unless`: innocent phrases of your own. `words`: a folder with word tables of your own."""

    version: int
    name: str
    categories: Mapping[str, Category]
    languages: tuple[str, ...] = LANGUAGES
    required: tuple[str, ...] = ("prompt",)
    uncovered: str = "warn"
    unless: tuple[str, ...] = ()
    words: str = ""
    frames: Sampling = field(default_factory=Sampling)
    folder: Path = HERE

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The word tables of the policy's languages."""
        folder = self.folder / self.words if self.words else HERE / "words"
        return tuple(load_table(folder / f"{language}.toml", tuple(self.categories)) for language in self.languages)

    @cached_property
    def own_words(self) -> dict[str, tuple[str, ...]]:
        """By category, the words that the policy itself lists."""
        return {name: (*c.words, *_lines(self.folder, c.words_file)) for name, c in self.categories.items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything a verdict depends on: the policy and its word tables."""
        kept = {key: value for key, value in asdict(self).items() if key not in ("folder", "words")}
        told = {"policy": kept, "own": self.own_words, "tables": [asdict(table) for table in self.tables]}
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def stamp(self) -> dict[str, object]:
        return {"name": self.name, "version": self.version, "digest": self.digest}


def load_policy(path: str | Path | None = None) -> Policy:
    """The policy in a file, checked word for word; without a path, filmloom's own."""
    return _default() if path is None else _read_policy(Path(path))


@lru_cache(1)
def _default() -> Policy:
    return _read_policy(HERE / "policy.toml")


def _read_policy(path: Path) -> Policy:
    given = read(path)
    categories = given.pop("categories", {})
    frames = _only(Sampling, given.pop("frames", {}), "frames")
    made = {name: Category(**_only(Category, values, f"categories.{name}")) for name, values in categories.items()}
    plain = _only(Policy, given, "policy", hidden=("folder",))
    policy = Policy(**plain, categories=made, frames=Sampling(**frames), folder=path.parent)
    _check(policy)
    assert policy.digest  # reads the word tables too: a mistake in them is refused here
    return policy


def load_table(path: Path, categories: tuple[str, ...]) -> Table:
    """A language's words; a list named in `near` is one of `[lists]`."""
    given = read(path)
    lists = given.pop("lists", {})
    known = ("within", "unless", "homophones", *categories)
    words, near = {}, {}
    for key in given:
        one_of(f"{path.name}: key", key, known)
    for name in categories:
        rules = given.pop(name, {})
        for key in rules:
            one_of(f"{path.name}: {name}", key, ("words", "near"))
        words[name] = tuple(rules.get("words", ()))
        near[name] = tuple(tuple(_list(path, lists, group) for group in groups) for groups in rules.get("near", ()))
    return Table(language=path.stem, words=words, near=near, **{key: _frozen(given[key]) for key in given})


def read(path: Path) -> dict:
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise RequestError("policy", str(path), f"it cannot be read ({error.strerror})", HERE / "policy.toml") from None
    except ValueError as error:  # both parsers' errors, and bytes that are no UTF-8
        raise RequestError("policy", str(path), f"it is no {path.suffix[1:].upper()} ({error})") from None


def one_of(field: str, value: object, known: Iterable[str]) -> None:
    """Refuses a word that is not known, with the nearest that is."""
    known = tuple(known)
    if value not in known:
        nearest = get_close_matches(str(value), known, 1, 0.0)
        raise RequestError(field, value, f"it must be one of {', '.join(known)}", nearest[0] if nearest else None)


def _only(kind: type, given: object, where: str, *, hidden: tuple[str, ...] = ()) -> dict:
    """The fields of a dataclass as a file gives them: known, present, of the right type, lists as tuples."""
    if not isinstance(given, dict):
        raise RequestError(where, given, "it must be a table of keys")
    known = {f.name: f for f in fields(kind) if f.name not in hidden}
    for key in given:
        one_of(f"{where}: key", key, known)
    for name, one in known.items():
        if name in given:
            _check_type(f"{where}.{name}", given[name], str(one.type))
        elif name in ("version", "name", "title", "action"):
            raise RequestError(where, sorted(given), f"it must have the key {name!r}")
    return {key: _frozen(value) for key, value in given.items()}


def _check_type(where: str, value: object, wanted: str) -> None:
    strings = isinstance(value, list) and all(isinstance(one, str) for one in value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {"str": isinstance(value, str), "int": type(value) is int, "float": number}.get(wanted, strings)
    if not fits:
        rule = {"str": "a text", "int": "a whole number", "float": "a number"}.get(wanted, "a list of texts")
        raise RequestError(where, value, f"it must be {rule}")


def _check(policy: Policy) -> None:
    if policy.version != VERSION:
        raise RequestError("policy.version", policy.version, f"this filmloom reads version {VERSION}", VERSION)
    if not policy.categories:
        raise RequestError("policy.categories", {}, "there must be at least one category")
    for name in policy.required:
        one_of("policy.required", name, CHECKS)
    for name in policy.languages:
        if not policy.words:
            one_of("policy.languages", name, LANGUAGES)
    one_of("policy.uncovered", policy.uncovered, ANSWERS)
    for name in policy.frames.categories:
        one_of("frames.categories", name, policy.categories)
    if policy.frames.every < 1 or not 0 < policy.frames.cut <= 1:
        raise RequestError("frames", asdict(policy.frames), "`every` is at least 1, `cut` over 0 and at most 1", 15)
    for name, category in policy.categories.items():
        _check_category(name, category)


def _check_category(name: str, category: Category) -> None:
    one_of(f"categories.{name}.action", category.action, ANSWERS)
    levels = (category.warn_at, category.review_at, category.block_at)
    if not 0 < levels[0] <= levels[1] <= levels[2] <= 1:
        raise RequestError(f"categories.{name}", levels, "0 < warn_at <= review_at <= block_at <= 1", (0.3, 0.6, 0.8))


def _list(path: Path, lists: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    one_of(f"{path.name}: near", name, lists)
    return tuple(lists[name])


def _lines(folder: Path, name: str) -> tuple[str, ...]:
    """One word or phrase a line; # begins a remark."""
    if not name:
        return ()
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except OSError as error:
        raise RequestError("words_file", name, f"it cannot be read ({error.strerror})") from None
    return tuple(line for raw in text.splitlines() if (line := raw.split("#")[0].strip()))


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
