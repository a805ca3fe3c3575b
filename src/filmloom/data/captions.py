"""Captions with exact answers, generated once and kept as JSON lines; typing errors are added fresh each time."""

# ruff: noqa: E501  (the phrases of a language read best on one line)

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from filmloom.core.random import generator
from filmloom.data.film_set import vocabulary
from filmloom.data.schema import fields
from filmloom.world.captions import LANGUAGES, caption
from filmloom.world.sample import Repertoire, sample_scene

CHUNK = 1000


@dataclass(frozen=True)
class Captioned:
    """A caption, the fields of its scene, and which of them it states."""

    text: str
    language: str
    stated: tuple[str, ...]
    fields: dict[str, str]


def captioned_scenes(
    num: int, *, seed: object, repertoire: Repertoire, scenes: str = "seen", wordings: str = "seen"
) -> Iterator[Captioned]:
    """`num` captions of fresh scenes, languages in turn. `scenes` and `wordings` are splits."""
    rng = generator(seed, "captions", scenes, wordings)
    for i in range(num):
        scene = sample_scene(rng, repertoire, split=scenes)
        made = caption(scene, LANGUAGES[i % len(LANGUAGES)], rng, split=wordings)
        yield Captioned(made.text, made.language, tuple(sorted(made.stated)), fields(scene))


def cached_captions(folder: Path, num: int, *, seed: int, repertoire: Repertoire) -> list[Captioned]:
    """`num` training captions (seen scenes, seen wordings) from `folder`; what is missing is generated and kept.

    Captions of other languages or wordings than today's are left aside."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Captioned] = []
    size = min(CHUNK, num)
    for chunk in range(-(-num // CHUNK)):
        path = folder / f"captions_{vocabulary()}_{chunk:05d}.jsonl"
        if not path.exists():
            _write(path, captioned_scenes(size, seed=f"{seed}/{chunk}", repertoire=repertoire))
        rows += [Captioned(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return rows[:num]


def _write(path: Path, rows: Iterator[Captioned]) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    text = "".join(json.dumps(vars(row), ensure_ascii=False) + "\n" for row in rows)
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


# What people write around a wish. Before or behind the caption, in its language.
FRAMES = {
    "en": (("a film of ", ""), ("a short video: ", ""), ("", ", high quality"), ("", ", cinematic"), ("please film ", "")),
    "zh": (("一段视频:", ""), ("拍一段", ""), ("", ",高清"), ("", ",电影感"), ("请画出", "")),
    "ja": (("動画:", ""), ("短い動画をお願いします:", ""), ("", "、高画質"), ("", "、映画のように"), ("作ってください:", "")),
    "ko": (("영상: ", ""), ("짧은 영상을 만들어 주세요: ", ""), ("", ", 고화질"), ("", ", 영화처럼"), ("보여 주세요: ", "")),
    "es": (("vídeo: ", ""), ("un vídeo corto: ", ""), ("", ", alta calidad"), ("", ", como en el cine"), ("por favor: ", "")),
    "fr": (("vidéo : ", ""), ("une courte vidéo : ", ""), ("", ", haute qualité"), ("", ", comme au cinéma"), ("s'il te plaît : ", "")),
    "de": (("Video: ", ""), ("ein kurzes Video: ", ""), ("", ", hohe Qualität"), ("", ", wie im Kino"), ("bitte filme: ", "")),
    "pt": (("vídeo: ", ""), ("um vídeo curto: ", ""), ("", ", alta qualidade"), ("", ", como no cinema"), ("por favor: ", "")),
    "ru": (("видео: ", ""), ("короткое видео: ", ""), ("", ", высокое качество"), ("", ", как в кино"), ("сними, пожалуйста: ", "")),
    "ar": (("فيديو: ", ""), ("فيديو قصير: ", ""), ("", "، جودة عالية"), ("", "، كما في السينما"), ("من فضلك: ", "")),
    "hi": (("वीडियो: ", ""), ("एक छोटा वीडियो: ", ""), ("", ", उच्च गुणवत्ता"), ("", ", फ़िल्म जैसा"), ("कृपया दिखाओ: ", "")),
    "id": (("video: ", ""), ("video pendek: ", ""), ("", ", kualitas tinggi"), ("", ", seperti di bioskop"), ("tolong buat film: ", "")),
}  # fmt: skip
STOPS = ".。।!"
# Latin with accents, Cyrillic, Arabic, Hangul
SLIPPERY = re.compile(
    "(?:[a-z\u00df-\u00f6\u00f8-\u017f]+|[\u0430-\u045f]+|[\u0621-\u064a]+|[\uac00-\ud7a3]+)", re.IGNORECASE
)


def mistyped(text: str, language: str, rng: np.random.Generator) -> str:
    """The caption as somebody might type it: framed by a phrase, in other case, with a slip in a long word."""
    if rng.random() < 0.15 and language in FRAMES:
        before, after = FRAMES[language][rng.integers(len(FRAMES[language]))]
        text = before + text.rstrip(STOPS) + after
    if rng.random() < 0.1:
        text = text.upper() if rng.random() < 0.5 else text.title()
    if rng.random() < 0.3:
        text = text.rstrip(STOPS)
    return slip(text, rng) if rng.random() < 0.25 else text


def slip(text: str, rng: np.random.Generator) -> str:
    """One letter of one word of at least six letters dropped, doubled or swapped with the next.

    Shorter words are left alone, and what is written in signs that are words or syllables of their own (Chinese,
    Japanese), or that lean on their neighbours (Devanagari): there one sign is the meaning.
    """
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 6 and SLIPPERY.fullmatch(word)]
    if not long:
        return text
    at = int(rng.choice(long))
    word, i = words[at], int(rng.integers(1, len(words[at]) - 1))
    words[at] = (
        word[:i] + word[i + 1 :],
        word[:i] + word[i] + word[i:],
        word[:i] + word[i + 1] + word[i] + word[i + 2 :],
    )[int(rng.integers(3))]
    return " ".join(words)
