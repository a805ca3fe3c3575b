"""Prompt screening: the words of twelve languages, your own lists, and a moderation service if you have one.

>>> screen_prompt("kill the lights and roll the camera").outcome
'allow'
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise, product

from filmloom.core.errors import RequestError
from filmloom.finishing.safety.lookalikes import CYRILLIC, LATIN
from filmloom.finishing.safety.matching import Hit, Index
from filmloom.finishing.safety.normalise import View, disguised, plain, shown, skeleton, spoken
from filmloom.finishing.safety.policy import Policy, Table, load_policy, one_of
from filmloom.finishing.safety.verdict import ERROR, NOT_CONFIGURED, Check, Finding, Verdict

TextClassifier = Callable[[str], Mapping[str, float]]  # a text → category: probability
COVERED = frozenset(
    [
        "latin",
        "cyrillic",
        "arabic",
        "devanagari",
        "han",
        "hiragana",
        "katakana",
        "hangul",
        "jamo",
        "digit",
        "space",
        "symbol",
    ]
)
LISTED = ("people", "brands")


def screen_prompt(
    prompt: str,
    policy: Policy | None = None,
    *,
    rewritten: str | None = None,
    moderation: TextClassifier | None = None,
    now: datetime | None = None,
) -> Verdict:
    """The verdict on a prompt, and on what it was rewritten into, if it was. Only `moderation` may send anything."""
    policy = policy or load_policy()
    texts = {"prompt": prompt} | ({} if rewritten is None else {"rewritten": rewritten})
    for name, text in texts.items():
        if not isinstance(text, str):
            raise RequestError(name, text, "it must be a text")
    checks = [_guarded(name, lambda text=text: _by_words(text, policy)) for name, text in texts.items()]
    checks += [_guarded(name, lambda name=name: _by_list(name, texts.values(), policy)) for name in LISTED]
    checks.append(_guarded("moderation", lambda: _by_service(texts.values(), policy, moderation)))
    checks += [
        Check(name=name, outcome=NOT_CONFIGURED, detail="nothing was shown yet") for name in ("reference", "output")
    ]
    return verdict_of(checks, policy, now)


def verdict_of(checks: Iterable[Check], policy: Policy, now: datetime | None = None) -> Verdict:
    time = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    return Verdict(checks=tuple(checks), required=policy.required, policy=policy.stamp, time=time)


def _guarded(name: str, run: Callable[[], Check]) -> Check:
    """What a check says; a check that crashes says "error", which blocks."""
    try:
        check = run()
    except Exception as error:
        return Check(name=name, outcome=ERROR, detail=f"{type(error).__name__}: {error}")
    return Check(name=name, outcome=check.outcome, findings=check.findings, detail=check.detail)


def _by_words(text: str, policy: Policy) -> Check:
    found = [finding for finding in findings(text, policy) if finding.category not in LISTED]
    strange = uncovered(text)
    if strange:
        found.append(Finding(category="uncovered", outcome=policy.uncovered, rule="uncovered", span=strange))
    return Check.of("prompt", found, "part of it is in a script that no word table covers" if strange else "")


def _by_list(name: str, texts: Iterable[str], policy: Policy) -> Check:
    if not policy.own_words.get(name):
        return Check(name=name, outcome=NOT_CONFIGURED, detail="the list is empty")
    return Check.of(name, [f for text in texts for f in findings(text, policy) if f.category == name])


def _by_service(texts: Iterable[str], policy: Policy, moderation: TextClassifier | None) -> Check:
    if moderation is None:
        return Check(name="moderation", outcome=NOT_CONFIGURED)
    return Check.of("moderation", [f for text in texts for f in judged(moderation(text), policy, "moderation")])


def judged(
    probabilities: Mapping[str, float], policy: Policy, rule: str, frame: int | None = None
) -> Iterator[Finding]:
    """The findings that a classifier's answer means. An unknown category or an impossible number is an error."""
    for category, given in probabilities.items():
        one_of(f"{rule}: category", category, policy.categories)
        probability = float(given)
        if not 0 <= probability <= 1:
            raise RequestError(f"{rule}: {category}", probability, "a probability is from 0 to 1")
        outcome, name = policy.categories[category].outcome(probability), f"{rule}/{category}"
        if outcome != "allow":
            rounded = round(probability, 4)
            yield Finding(category=category, outcome=outcome, rule=name, frame=frame, probability=rounded)


def uncovered(text: str) -> tuple[int, int] | None:
    """The first run of three letters or more in a script that no table covers."""
    run: list[int] = []
    for letter in [*shown(text), *shown(" ")]:
        if letter.kind not in COVERED:
            run.append(letter.start)
        elif len(run) > 2:
            return run[0], run[-1] + 1
        else:
            run = []
    return None


# The words.


@lru_cache(8)
def _screen(policy: _ByDigest) -> Screen:
    return Screen(policy.policy)


@lru_cache(16)
def _findings(text: str, policy: _ByDigest) -> tuple[Finding, ...]:
    """One pass over the text serves the checks of words, people and brands."""
    return tuple(_screen(policy).findings(text))


def findings(text: str, policy: Policy) -> tuple[Finding, ...]:
    """Every rule of the policy that the text breaks, with the place in it."""
    return _findings(text, _ByDigest(policy))


class _ByDigest:
    """A policy that equals another of the same digest, so that its words are folded once."""

    def __init__(self, policy: Policy):
        self.policy = policy

    def __hash__(self) -> int:
        return hash(self.policy.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and self.policy.digest == other.policy.digest


@dataclass(frozen=True)
class _Rule:
    """`groups`: one word of each must occur, with at most `within` letters between them."""

    name: str
    category: str
    groups: tuple[frozenset[str], ...]
    within: int

    @property
    def key(self) -> int:
        return id(self)


class Screen:
    """A policy's words in every form in which they are looked for."""

    def __init__(self, policy: Policy):
        self.policy = policy
        self.rules = [rule for table in policy.tables for rule in _rules(table)]
        self.rules += _own_rules(policy)
        self.sounds, self.syllables = _sounds([line for table in policy.tables for line in table.homophones])
        innocent = {phrase for table in policy.tables for phrase in table.unless} | set(policy.unless)
        words = {word for rule in self.rules for group in rule.groups for word in group}
        folds = (_fold_plain, _fold_skeleton, self._fold_spoken)
        self.plain, self.disguised, self.spoken = ((Index(words, fold), Index(innocent, fold)) for fold in folds)
        self.by_word: dict[str, list[_Rule]] = defaultdict(list)
        for rule in self.rules:
            for word in rule.groups[0]:
                self.by_word[word].append(rule)

    def findings(self, text: str) -> list[Finding]:
        """Every rule that the text breaks, with the place in it."""
        hits = self._hits(text)
        letters = [letter.start for letter in shown(text) if letter.kind not in ("space", "symbol")]
        found = {}
        for rule in {rule.key: rule for word in hits for rule in self.by_word[word]}.values():
            action = self.policy.categories[rule.category].action
            for word, span in _matches(rule, hits, letters):
                key = (rule.category, span)
                found.setdefault(
                    key, Finding(category=rule.category, outcome=action, rule=f"{rule.name}/{word}", span=span)
                )
        return sorted(found.values(), key=lambda f: f.span)

    def _hits(self, text: str) -> dict[str, list[Hit]]:
        """Words found in any view, but not those inside an innocent phrase of any view."""
        views = list(self._views(text))
        spared = [(hit.start, hit.end) for (_, innocent), view in views for hit in innocent.hits(view)]
        hits: dict[str, list[Hit]] = {}
        for (words, _), view in views:
            for hit in words.hits(view):
                if not any(start <= hit.start and hit.end <= end for start, end in spared):
                    hits.setdefault(hit.word, []).append(hit)
        return hits

    def _views(self, text: str) -> Iterator[tuple[tuple[Index, Index], View]]:
        yield self.plain, plain(text)
        letters = shown(text)
        for target in (LATIN, CYRILLIC) if any(x.kind == "cyrillic" for x in letters) else (LATIN,):
            if view := disguised(letters, target):
                yield self.disguised, view
        if view := spoken(letters, self.syllables, self.sounds):
            yield self.spoken, view

    def _fold_spoken(self, word: str) -> str | None:
        """A Chinese word as signs, if any of its characters has one."""
        signs = [self.syllables.get(letter.char, (letter.char,))[0] for letter in plain(word).letters[1:-1]]
        return "".join(signs) if len(signs) > 1 and any("\ue000" <= sign <= "\uf8ff" for sign in signs) else None


@lru_cache(2**14)
def _fold_plain(word: str) -> str:
    return plain(word).text.strip()


@lru_cache(2**14)
def _fold_skeleton(word: str) -> str:
    """None for what is too short to be told from chance once letters are merged, such as "kkk"."""
    folded = "".join(letter.char for letter in skeleton(plain(word).letters)).strip()
    return folded if len(folded) > 1 and (len(word) > 2 or not folded.isascii()) else None


def _rules(table: Table) -> Iterator[_Rule]:
    for category, words in table.words.items():
        if words:
            yield _Rule(f"{table.language}/{category}", category, (frozenset(words),), 0)
    for category, entries in table.near.items():
        for groups in entries:
            yield _Rule(f"{table.language}/{category}", category, tuple(map(frozenset, groups)), table.within)


def _own_rules(policy: Policy) -> Iterator[_Rule]:
    for category, words in policy.own_words.items():
        if words:
            yield _Rule(f"policy/{category}", category, (frozenset(words),), 0)


def _sounds(lines: Iterable[str]) -> tuple[dict[str, str], dict[str, tuple[str, bool]]]:
    """From lines "syllable characters disguises": pinyin → sign, and character → (sign, whether it is a disguise)."""
    sounds: dict[str, str] = {}
    syllables: dict[str, tuple[str, bool]] = {}
    for line in lines:
        syllable, written, *disguises = line.split()
        sign = sounds.setdefault(syllable, chr(0xE000 + len(sounds)))
        syllables |= {char: (sign, True) for char in "".join(disguises) if char not in syllables}
        syllables |= {char: (sign, False) for char in written}
    return sounds, syllables


def _matches(rule: _Rule, hits: Mapping[str, list[Hit]], letters: list[int]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Words and spans that fulfil a rule: for several groups, the words of each, apart and near enough. Distance is in
    letters (`letters`: where they are), so that padding with invisible signs moves nothing away."""
    found = [[hit for word in sorted(group & hits.keys()) for hit in hits[word]] for group in rule.groups]
    for chosen in product(*found) if all(found) else ():
        start, end = min(hit.start for hit in chosen), max(hit.end for hit in chosen)
        between = _count(letters, start, end) - sum(_count(letters, hit.start, hit.end) for hit in chosen)
        if len(chosen) == 1 or (between <= rule.within and _apart(chosen)):
            yield "+".join(hit.word for hit in chosen), (start, end)


def _count(letters: list[int], start: int, end: int) -> int:
    return bisect_left(letters, end) - bisect_left(letters, start)


def _apart(hits: tuple[Hit, ...]) -> bool:
    ordered = sorted(hits, key=lambda hit: hit.start)
    return all(a.end <= b.start for a, b in pairwise(ordered))
