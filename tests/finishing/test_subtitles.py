"""Subtitles survive every format, break where their script may break, and last as long as they take to read."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import features

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Size
from filmloom.finishing.fonts import _installed, missing
from filmloom.finishing.frame import SafeArea
from filmloom.finishing.lines import (
    LIMITS,
    LRI,
    NO_END,
    NO_START,
    PDI,
    RLI,
    clusters,
    direction,
    isolated,
    limits_of,
    num_letters,
    script_of,
    unisolated,
    wrapped,
)
from filmloom.finishing.subtitles import (
    LEAST_TIME,
    Cue,
    burned,
    fitted,
    format_subtitles,
    parse_subtitles,
    read_subtitles,
    reading_speed,
    retimed,
    snapped,
    write_subtitles,
)

TEXTS = {
    "latin": "The lighthouse keeper waited all night for the ship that would never come home again.",
    "cyrillic": "Смотритель маяка всю ночь ждал корабль, который больше никогда не вернётся домой.",
    "greek": "Ο φαροφύλακας περίμενε όλη τη νύχτα το πλοίο που δεν θα γύριζε ποτέ πια σπίτι.",
    "han": "灯塔看守人等了一整夜，等那艘永远不会回家的船。“它会来的，”他说。",
    "kana": "灯台守は一晩中、二度と帰らない船を待っていた。「きっと来るよ」と言った。",
    "hangul": "등대지기는 다시는 돌아오지 않을 배를 밤새도록 기다렸다. 그는 웃었다.",
    "arabic": "انتظر حارس المنارة طوال الليل السفينة التي لن تعود إلى الوطن أبدًا.",
    "hebrew": "שומר המגדלור חיכה כל הלילה לספינה שלעולם לא תחזור הביתה, ואז הלך לישון.",
    "devanagari": "प्रकाशस्तम्भ का रक्षक सारी रात उस जहाज़ की प्रतीक्षा करता रहा जो फिर कभी घर नहीं लौटेगा।",
}
INDONESIAN = "Penjaga mercusuar menunggu sepanjang malam kapal yang tidak akan pernah pulang."


def cue(text, start=Fraction(1), end=Fraction(3)):
    return Cue(Fraction(start), Fraction(end), text)


def columns(text):
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(cluster[0]) in "WF" else 1 for cluster in clusters(text))


# --- files

letters = st.text(st.sampled_from("aZ é&<>{}\\-.,:;'\"你好。مر्क한0#ß"), min_size=1, max_size=12)
lines = letters.map(str.strip).filter(bool)
texts = st.lists(lines, min_size=1, max_size=3).map("\n".join).filter(lambda text: "-->" not in text)
spans = st.tuples(st.integers(0, 400_000), st.integers(1, 1000))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(spans, texts), max_size=4), st.sampled_from(["srt", "vtt", "ass"]))
def test_a_file_gives_back_what_was_written(entries, form):
    cues = [cue(text, Fraction(start, 100), Fraction(start + length, 100)) for (start, length), text in entries]
    again = parse_subtitles(format_subtitles(cues, form))
    assert sorted(again, key=str) == sorted(cues, key=str)


@pytest.mark.parametrize("form", ["srt", "vtt", "ass"])
def test_scripts_and_mark_up_survive_on_disk(tmp_path, form):
    cues = [cue(f"<i>{text}</i>\n{text[:9].strip()}", n, n + Fraction(1, 2)) for n, text in enumerate(TEXTS.values())]
    path = write_subtitles(tmp_path / f"a.{form}", cues)
    assert read_subtitles(path) == cues
    with pytest.raises(RequestError) as error:
        write_subtitles(path, cues)
    assert error.value.nearest == str(tmp_path / f"a-2.{form}") and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("\ufeff1\r\n00:00:01,5 --> 00:00:02.250 X1:0\r\nOne\r\ntwo\r\n\r\n", [("One\ntwo", 1.5, 2.25)]),
        ("00:01:00,000 --> 00:01:01,000\n<FONT color='red'>Red</font> {\\an8}top", [("Red top", 60, 61)]),
        ("1\n00:00:03,000 --> 00:00:04,000\nlate\n\n2\n00:00:01,000 --> 00:00:02,000\nearly",
         [("early", 1, 2), ("late", 3, 4)]),
        ("WEBVTT - a title\n\nNOTE\nnothing --> here\n\nSTYLE\n::cue {}\n\nid\n00:01.000 --> 00:02.000 line:0\n"
         "<v Ann>Hi <c.red>you</c> &amp; <b.loud>me</b> &lt;3", [("Hi you & <b>me</b> <3", 1, 2)]),
        ("[Script Info]\n\n[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.50,{\\i1\\pos(1)}Hi{\\i0}, "
         "all\\Nof\\hyou\nComment: 0:00:01.00,0:00:02.00,no", [("<i>Hi</i>, all\nof\u00a0you", 1, 2.5)]),
        ("1\n00:00:02,000 --> 00:00:01,000\nbackwards\n\n2\n00:00:01,000 --> 00:00:02,000\n\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_what_is_found_in_the_wild_is_read(text, wanted):
    if wanted or not text:
        assert [(c.text, float(c.start), float(c.end)) for c in parse_subtitles(text)] == wanted
    else:
        with pytest.raises(UserError, match="no cues"):
            parse_subtitles(text)


def test_other_encodings_are_named_not_guessed(tmp_path):
    (tmp_path / "a.srt").write_bytes("1\n00:00:01,000 --> 00:00:02,000\nÉté".encode("latin-1"))
    with pytest.raises(UserError, match=r"a\.srt: byte \d+ is not UTF-8"):
        read_subtitles(tmp_path / "a.srt")
    (tmp_path / "b.srt").write_bytes("1\n00:00:01,000 --> 00:00:02,000\nÉté".encode("utf-16"))
    assert read_subtitles(tmp_path / "b.srt")[0].text == "Été"
    with pytest.raises(UserError, match="cannot be read"):
        read_subtitles(tmp_path / "none.srt")
    with pytest.raises(RequestError, match="srt, vtt, ass"):
        write_subtitles(tmp_path / "a.sub", [])


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("form", ["srt", "vtt", "ass"])
def test_ffmpeg_reads_the_same_words_at_the_same_times(tmp_path, form):
    cues = [cue(text, n, n + Fraction(1, 2)) for n, text in enumerate(TEXTS.values())]
    path = write_subtitles(tmp_path / f"a.{form}", cues)
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "srt", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and parse_subtitles(done.stdout) == cues, done.stderr


def test_a_cue_has_a_length():
    with pytest.raises(RequestError, match="ends after") as error:
        cue("x", 2, 2)
    assert error.value.nearest == "2 to 3"


# --- letters


def test_clusters_are_those_of_the_unicode_tables():
    regex = pytest.importorskip("regex", reason="the oracle, regex, is not installed")
    samples = [*TEXTS.values(), "e\u0301a\u0308\u0323", "👩‍👩‍👧‍👦👍🏽🇮🇳🇫🇷🇯 x", "각하", "각가\u11a8", "ก็นำ", "\r\n\n\ra",
               "நிலை", "ཀྵ", "❤️‍🔥", "क्षत्रिय", "स्त्री", "র্ক্য", "a\u200db", "🏴󠁧󠁢󠁥󠁮󠁧󠁿!"]  # fmt: skip
    for text in samples:
        wanted = regex.findall(r"\X", text)
        assert clusters(text) == wanted or merged_conjuncts(wanted) == clusters(text), text
        assert "".join(clusters(text)) == text


def merged_conjuncts(parts):
    """GB9c, for an oracle of before Unicode 15.1: a part that ends in a virama goes with the consonant after it."""
    whole = []
    for part in parts:
        if whole and whole[-1].rstrip("\u200d")[-1] in "\u094d\u09cd" and "\u0900" <= part[0] <= "\u09ff":
            whole[-1] += part
        else:
            whole.append(part)
    return whole


def test_a_hindi_conjunct_and_a_family_are_one_letter():
    assert clusters("क्षमा") == ["क्ष", "मा"] and num_letters("👩‍👩‍👧‍👦") == 1
    assert num_letters("<i>ab</i>\nc") == 4  # the line's end is read as a space


@pytest.mark.parametrize("script", TEXTS)
def test_the_script_of_a_text_sets_its_limits(script):
    assert script_of(TEXTS[script]) == script and limits_of(TEXTS[script]) is LIMITS[script]


# --- lines


@pytest.mark.parametrize("text", [*TEXTS.values(), INDONESIAN])
@pytest.mark.parametrize("letters", [7, 10, 16, 42])
def test_lines_hold_all_of_the_text_within_their_width(text, letters):
    rows = wrapped(text, letters=letters).split("\n")
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert [cluster for row in rows for cluster in clusters(row) if not cluster.isspace()] == [
        cluster for cluster in clusters(text) if not cluster.isspace()
    ]
    wide = 2 if script_of(text) in ("han", "kana", "hangul") else 1
    assert all(columns(row) <= letters * wide for row in rows)


@pytest.mark.parametrize("script", ["han", "kana"])
@pytest.mark.parametrize("letters", range(4, 17))
def test_kinsoku(script, letters):
    rows = wrapped(TEXTS[script], letters=letters).split("\n")
    assert len(rows) > 1 and not any(row[0] in NO_START for row in rows) and not any(row[-1] in NO_END for row in rows)


def test_kinsoku_by_example():
    assert wrapped("「はい。」と言った。", letters=5) == "「はい。」\nと言った。"
    assert wrapped("走っている", letters=3) in (
        "走って\nいる",
        "走っ\nている",
    )  # never 走 / って: a small tsu begins no line
    assert wrapped("等等……好", letters=3) == "等\n等……\n好"  # the two signs are one, and begin no line
    assert wrapped("ＡＢ中文Hello", letters=5).split("\n")[-1].endswith("Hello")


@pytest.mark.parametrize("script", ["latin", "cyrillic", "greek", "hangul", "arabic", "hebrew", "devanagari"])
def test_words_stay_whole_where_a_line_holds_them(script):
    words = TEXTS[script].split()
    assert wrapped(TEXTS[script], letters=20).split() == words


def test_lines_are_evenly_filled_and_no_more_than_needed():
    text = "one two three four five six seven eight nine"
    assert wrapped(text, letters=42) == "one two three four five\nsix seven eight nine"
    assert wrapped("short", letters=42) == "short"
    assert wrapped("a-b well-known", letters=10) == "a-b\nwell-known"
    assert wrapped("Quoi ? Non !", letters=7) == "Quoi ?\nNon !"  # French sets a space before: it is no place to break
    assert wrapped("", letters=5) == ""


def test_lines_end_with_a_sentence_or_a_phrase_where_that_costs_little():
    assert wrapped("I know her. She sings every night.", letters=30) == "I know her.\nShe sings every night."
    assert wrapped("駅前の喫茶店で待っています", letters=8) == "駅前の喫茶店で\n待っています"
    assert wrapped("他走了。她没有说一句话。", letters=10) == "他走了。\n她没有说一句话。"


def test_mark_up_takes_no_room_and_stays_with_its_words():
    assert wrapped("<i>one two</i> three", letters=7) == "<i>one two</i>\nthree"
    assert wrapped("<b>你好</b>世界", letters=2) == "<b>你好</b>\n世界"


def test_a_word_wider_than_a_line_is_cut_between_letters():
    rows = wrapped("क्षक्षक्षक्ष", letters=2).split("\n")
    assert rows == ["क्षक्ष", "क्षक्ष"]


# --- directions


def test_only_what_reads_from_the_right_is_isolated():
    for script, text in TEXTS.items():
        if script in ("arabic", "hebrew"):
            assert direction(text) == "rtl" and isolated(text) == RLI + text + PDI
        else:
            assert direction(text) == "ltr" and isolated(text) == text
    assert isolated("Say שלום!") == f"{LRI}Say שלום!{PDI}"
    assert isolated("שלום\nABC.") == f"{RLI}שלום{PDI}\n{RLI}ABC.{PDI}"  # a cue has one direction
    assert isolated("Hello.\nשלום.") == f"Hello.\n{RLI}שלום.{PDI}" and isolated("He said\nשלום to me").endswith(
        f"{LRI}שלום to me{PDI}"
    )
    assert unisolated(isolated(isolated("שלום."))) == "שלום."


@pytest.mark.parametrize("text", ["שלום....", "ABC\nשלום....", "שלום\nABC...."])
def test_burned_hebrew_has_its_full_stops_on_the_left(text):
    """Drawn by raqm, a public implementation of UAX #9. A cue that begins in Hebrew is Hebrew, its Latin line too."""
    if not features.check("raqm") or missing("שלום", *next(iter(_installed("שלום")), (None, 0))):
        pytest.skip("no text shaping or no Hebrew font here")
    black = np.zeros((1, 120, 160, 3), np.uint8)
    picture = next(burned([black], [cue(text, 0, 1)], rate=Fraction(1), height=0.2))[0]
    last = picture[-40:, :, 0] > 128  # its last line
    across = np.flatnonzero(last.any(0))
    part = (across[-1] - across[0]) // 5
    left, right = last[:, across[0] : across[0] + part], last[:, across[-1] - part : across[-1] + 1]
    heights = [int(np.ptp(np.flatnonzero(half.any(1)))) for half in (left, right)]
    assert heights[0] < heights[1] / 2, heights


# --- time


def test_retiming_moves_stretches_and_cuts():
    cues = [cue("a", 1, 2), cue("b", 3, 5), cue("c", 8, 9)]
    moved = retimed(cues, shift=Fraction(-3, 2), stretch=Fraction(25, 24), until=Fraction(3))
    assert [(c.text, c.start, c.end) for c in moved] == [
        ("a", 0, Fraction(25, 12) - Fraction(3, 2)),
        ("b", Fraction(25, 8) - Fraction(3, 2), 3),
    ]
    back = retimed(retimed(cues, stretch=Fraction(24, 25)), stretch=Fraction(25, 24))
    assert back == cues
    with pytest.raises(RequestError, match="above 0"):
        retimed(cues, stretch=Fraction(0))


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30_000, 1001)])
def test_snapped_cues_start_and_end_on_frames(rate):
    for snap in snapped([cue("a", Fraction(1, 7), Fraction(2, 7)), cue("b", 5, Fraction(5001, 1000))], rate):
        assert (snap.start * rate).denominator == (snap.end * rate).denominator == 1 and snap.end > snap.start


@pytest.mark.parametrize("script", TEXTS)
def test_fitted_cues_last_as_long_as_they_are_read(script):
    limits, brief = LIMITS[script], cue(TEXTS[script], 1, 2)
    held, hurried = fitted([brief])
    assert held[0].start == 1 and all(len(part.lines) <= 2 for part in held)
    assert "".join("".join(part.text for part in held).split()) == "".join(TEXTS[script].split())
    assert reading_speed(held[-1]) <= limits.speed and held[-1].end - held[-1].start >= LEAST_TIME
    assert all(reading_speed(part) > limits.speed for part in hurried) and held[-1] not in hurried
    if len(held) == 1:
        assert not hurried


def test_fitted_cues_leave_a_gap_and_never_overlap():
    cues = [cue("word " * 30, 0, 3), cue("next", 4, 5), cue("at once", 5, 6)]
    held, hurried = fitted(cues, gap=Fraction(1, 12))
    assert all(a.end <= b.start for a, b in itertools.pairwise(held))
    before = [part for part in held if part.start < 4][-1]
    assert before.end == 4 - Fraction(1, 12) and set(hurried) <= set(held)
    assert all(reading_speed(part) > 17 for part in hurried) and hurried


# --- burning in


def test_words_are_burned_while_their_cue_lasts_within_the_safe_area():
    frames, safe = np.full((12, 90, 160, 3), 90, np.uint8), SafeArea(bottom=0.2)
    cues = [cue("Hello\nworld", Fraction(1, 4), Fraction(3, 4))]
    shown = np.concatenate(list(burned([frames[:5], frames[5:]], cues, rate=Fraction(12), height=0.1, safe=safe)))
    changed = (shown != frames).any((1, 2, 3))
    assert changed.tolist() == [3 <= number < 9 for number in range(12)] and (frames == 90).all()
    rows, across = np.nonzero((shown[5] != 90).any(-1))
    left, top, right, bottom = safe.box(Size(160, 90))
    assert left <= across.min() and across.max() < right and top <= rows.min() and rows.max() < bottom
    assert shown[5].max() > 240 and shown[5].min() < 15  # white letters, black rims
    assert abs((across.min() + across.max()) / 2 - 79.5) <= 2


def test_a_line_too_wide_is_drawn_smaller_and_a_wrong_height_is_refused():
    frames = np.full((1, 90, 160, 3), 90, np.uint8)
    shown = next(
        burned([frames], [cue("A very long line of words that cannot fit", 0, 1)], rate=Fraction(1), height=0.2)
    )
    across = np.nonzero((shown[0] != 90).any(-1))[1]
    assert across.min() >= 8 and across.max() < 152
    with pytest.raises(RequestError, match=r"0\.01 to 0\.3"):
        next(burned([frames], [], rate=Fraction(1), height=0.5))
