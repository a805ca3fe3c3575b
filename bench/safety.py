"""Recall and false alarms of the prompt screen, per language, category and disguise.

    python bench/safety.py [--misses]

The set is tests/finishing/safety_prompts.toml: seven categories and as many benign look-alikes in each of twelve
languages, each phrase in two wraps, and each in every disguise that its script knows. The rules were mended on it, so
its recall says that they work, not how they generalise: for that there is safety_unseen.toml, whose wordings the rules
were never changed for. "Found" means: not allowed, and by the right category; a false alarm is any other outcome than
"allow". Prints tables and writes bench/results/safety.json.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from filmloom.finishing.safety import load_policy, screen_prompt

ROOT = Path(__file__).parent.parent
SEEN, UNSEEN = (ROOT / "tests" / "finishing" / f"safety_{name}.toml" for name in ("prompts", "unseen"))
RESULTS = ROOT / "bench" / "results" / "safety.json"
STRICTER = {"minors": ("sexual",), "violence": ("gore",), "gore": ("violence",)}  # which also count as found


@dataclass(frozen=True)
class Prompt:
    language: str
    category: str  # "benign" for a look-alike
    text: str
    unseen: bool = False
    disguise: str = "plain"


def prompts(path: Path = SEEN) -> Iterator[Prompt]:
    for language, given in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for category, phrases in {**given["harmful"], "benign": given["benign"]}.items():
            for text in (wrap.format(phrase) for phrase in phrases for wrap in given["wrap"]):
                yield Prompt(language, category, text, path == UNSEEN)


# Disguises: written apart from the screen's own tables. Each is seeded by its text, so a run repeats.

SCRIPTS = {
    "latin": ["en", "es", "fr", "de", "pt", "id"],
    "cyrillic": ["ru"],
    "arabic": ["ar"],
    "devanagari": ["hi"],
    "han": ["zh", "ja"],
    "hangul": ["ko"],
}
TO_CYRILLIC, TO_LATIN = (
    str.maketrans("aceopxyi", "асеорхуі"), str.maketrans("асеорхуАВЕКМНОРСТХ", "aceopxyABEKMHOPCTX")
)  # fmt: skip
LEET = str.maketrans("aeiost", "4310$7")
HOMOPHONES = str.maketrans("色情裸杀毒枪炸尸", "瑟晴螺沙读墙诈施")
PINYIN = {
    "色情": "seqing",
    "裸体": "luo ti",
    "自杀": "zi sha",
    "炸弹": "zha dan",
    "毒气": "du qi",
    "枪支": "qiang zhi",
    "尸体": "shi ti",
}
TRADITIONAL = str.maketrans("杀体斩处决尸谋枪弹冰毒视频内脏断", "殺體斬處決屍謀槍彈冰毒視頻內臟斷")


def _between(text: str, made: Callable[[str, str], str]) -> str:
    """Something put between every two letters of one word."""
    pairs = pairwise(text)
    return text[:1] + "".join((made(a, b) if a.isalnum() and b.isalnum() else "") + b for a, b in pairs)


def _some(text: str, change: Callable[[str], str]) -> str:
    draw = random.Random(text)
    return "".join(change(c) if c.isalpha() and draw.random() < 0.5 else c for c in text)


def _spelled(text: str) -> str:
    return "   ".join(" ".join(word) for word in text.split())


def _long(text: str) -> str:
    """One vowel of each word drawn out."""
    found = []
    for word in text.split(" "):
        at = next((i for i, c in enumerate(word) if i and c in "aeiouаеиоуяا"), None)
        found.append(word if at is None else word[:at] + word[at] * 4 + word[at + 1 :])
    return " ".join(found)


def _jamo(text: str) -> str:
    """Hangul syllables as the letters of a keyboard."""
    heads, vowels = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
    tails = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
    found = ""
    for char in text:
        code = ord(char) - 0xAC00
        if not 0 <= code < 11172:
            found += char
            continue
        found += (heads[code // 588] + vowels[code // 28 % 21] + tails[code % 28]).strip()
    return found


def _pinyin(text: str) -> str:
    for word, sound in PINYIN.items():
        text = text.replace(word, sound)
    return text


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _bold(text: str) -> str:
    lower, upper = ord("𝒂") - ord("a"), ord("𝑨") - ord("A")
    return "".join(chr(ord(c) + (lower if c >= "a" else upper)) if c.isascii() and c.isalpha() else c for c in text)


DISGUISES: dict[str, tuple[tuple[str, ...], Callable[[str], str]]] = {
    "case": (("latin", "cyrillic"), lambda t: _some(t, str.upper)),
    "zero-width": (
        ("latin", "cyrillic", "arabic", "devanagari", "han", "hangul"),
        lambda t: _between(t, lambda a, b: "\u200b"),
    ),
    "marks": (("latin", "cyrillic"), lambda t: _between(t, lambda a, b: "\u0336")),
    "fullwidth": (("latin",), _wide),
    "mathematical": (("latin",), _bold),
    "look-alikes": (("latin",), lambda t: _some(t, lambda c: c.translate(TO_CYRILLIC))),
    "Latin in Cyrillic": (("cyrillic",), lambda t: _some(t, lambda c: c.translate(TO_LATIN))),
    "leet": (("latin",), lambda t: _some(t, lambda c: c.translate(LEET))),
    "spelled": (("latin", "cyrillic"), _spelled),
    "dotted": (("latin", "cyrillic"), lambda t: _between(t, lambda a, b: ".")),
    "split by signs": (("han", "hangul"), lambda t: _between(t, lambda a, b: "*")),
    "split by spaces": (("han",), lambda t: _between(t, lambda a, b: " ")),
    "long vowels": (("latin", "cyrillic", "arabic"), _long),
    "vowel points": (("arabic",), lambda t: _between(t, lambda a, b: "\u064e" if a.isalpha() else "")),
    "stretched": (("arabic",), lambda t: _between(t, lambda a, b: "ـ")),
    "joiners": (("devanagari",), lambda t: _between(t, lambda a, b: "\u200d")),
    "jamo": (("hangul",), _jamo),
    "decomposed": (("hangul", "latin", "devanagari", "cyrillic"), lambda t: unicodedata.normalize("NFD", t)),
}
CHINESE = {
    "homophones": lambda t: t.translate(HOMOPHONES),
    "pinyin": _pinyin,
    "traditional": lambda t: t.translate(TRADITIONAL),
}


def disguised(prompt: Prompt) -> Iterator[Prompt]:
    """The prompt in each disguise that changes it."""
    made = {
        name: change
        for name, (scripts, change) in DISGUISES.items()
        if any(prompt.language in SCRIPTS[s] for s in scripts)
    }
    for name, change in (made | (CHINESE if prompt.language == "zh" else {})).items():
        if (text := change(prompt.text)) != prompt.text:
            yield replace(prompt, text=text, disguise=name)


def is_found(prompt: Prompt, policy=None) -> bool:
    """Whether the screen stopped or warned: for a harmful prompt, for its own reason."""
    verdict = screen_prompt(prompt.text, policy)
    named = {finding.category for check in verdict.checks for finding in check.findings}
    if prompt.category == "benign":
        return verdict.outcome != "allow"
    return bool(named & {prompt.category, *STRICTER.get(prompt.category, ())})


class Tally:
    """Counts of found and all, by any key."""

    def __init__(self):
        self.found, self.all = defaultdict(int), defaultdict(int)

    def add(self, key: object, found: bool) -> None:
        self.found[key] += found
        self.all[key] += 1

    def share(self, key: object) -> float | None:
        return self.found[key] / self.all[key] if self.all[key] else None


def measured(policy=None, *, in_disguise: bool = True) -> tuple[dict[str, Tally], list[Prompt]]:
    """Tallies of the seen and the unseen set by language and category, of disguises by name; and what went wrong."""
    tallies = {name: Tally() for name in ("seen", "unseen", "disguised", "disguised benign")}
    wrong = []
    for prompt in (*prompts(SEEN), *prompts(UNSEEN)):
        tell(tallies["unseen" if prompt.unseen else "seen"], wrong, prompt, is_found(prompt, policy))
        for other in disguised(prompt) if in_disguise and not prompt.unseen else ():
            key = "disguised benign" if other.category == "benign" else "disguised"
            tell(tallies[key], wrong, other, is_found(other, policy))
    return tallies, wrong


def tell(tally: Tally, wrong: list[Prompt], prompt: Prompt, found: bool) -> None:
    kind = "benign" if prompt.category == "benign" else "harmful"
    languages = (f"{prompt.language} {prompt.category}", f"{prompt.language} {kind}")
    for key in {*languages, prompt.category, kind, prompt.disguise}:
        tally.add(key, found)
    if found == (kind == "benign"):
        wrong.append(prompt)


def percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


def category_table(seen: Tally, unseen: Tally) -> str:
    """Recall per language and category of the seen set; then false alarms, and both on the unseen wordings."""
    everything = list(prompts())
    languages = list(dict.fromkeys(p.language for p in everything))
    categories = [c for c in dict.fromkeys(p.category for p in everything) if c != "benign"]
    heads = ["language", *categories, "recall", "false alarms", "recall, unseen", "false alarms, unseen"]
    rows = [[name or "all", *_cells(seen, unseen, f"{name} " if name else "", categories)] for name in (*languages, "")]
    return _table(heads, rows)


def _cells(seen: Tally, unseen: Tally, start: str, categories: list[str]) -> list[str]:
    shares = [seen.share(start + key) for key in (*categories, "harmful", "benign")]
    return [percent(share) for share in (*shares, *(unseen.share(start + key) for key in ("harmful", "benign")))]


def disguise_table(harmful: Tally, benign: Tally) -> str:
    names = {"harmful": "benign"} | {name: name for name in (*DISGUISES, *CHINESE)}
    rows = [[a, str(harmful.all[a]), percent(harmful.share(a)), percent(benign.share(b))] for a, b in names.items()]
    rows = [*rows[1:], ["all", *rows[0][1:]]]
    return _table(["disguise", "harmful prompts", "recall", "false alarms"], rows)


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    chosen = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen.add_argument("--misses", action="store_true", help="print what was missed or alarmed falsely")
    chosen = chosen.parse_args()
    started = time.monotonic()
    tallies, wrong = measured()
    seconds = time.monotonic() - started
    print(category_table(tallies["seen"], tallies["unseen"]), end="\n\n")
    print("Of the unseen wordings alone:", category_table(tallies["unseen"], tallies["unseen"]), sep="\n\n", end="\n\n")
    print(disguise_table(tallies["disguised"], tallies["disguised benign"]), end="\n\n")
    num_screened = sum(tally.all[kind] for tally in tallies.values() for kind in ("harmful", "benign"))
    print(f"{num_screened} prompts, {1000 * seconds / num_screened:.1f} ms each")
    for prompt in wrong if chosen.misses else ():
        print(prompt.language, prompt.category, prompt.disguise, prompt.text, sep=" | ")
    save(tallies)


def save(tallies: dict[str, Tally]) -> None:
    """Found and all of every row, as JSON."""
    rows = {name: {key: [t.found[key], t.all[key]] for key in sorted(t.all)} for name, t in tallies.items()}
    RESULTS.parent.mkdir(exist_ok=True)
    record = {"command": " ".join(sys.argv), "policy": load_policy().digest, **rows}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
