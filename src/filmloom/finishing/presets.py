"""What each place asks of a film, as data; what it refuses, with the nearest it takes; and codes of languages."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from filmloom.core.errors import RequestError
from filmloom.core.types import Size
from filmloom.finishing.frame import SafeArea
from filmloom.finishing.mp4 import X264

# Apps lay account, caption and buttons over a film. Meta's guide for Reels asks for 14 % above, 35 % below, 6 % aside.
VERTICAL_SAFE = SafeArea(top=0.14, bottom=0.35, left=0.06, right=0.06)
TELEVISION_SAFE = SafeArea(0.05, 0.05, 0.05, 0.05)  # graphics safe area of EBU R 95 for 16:9
X265 = "log-level=error:pools=2:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=limited"
RGB_MATRIX = 0  # ITU-T H.273
CLOCK = {"gif": 100, "webp": 1000}  # their ticks per second: a frame is shown at the tick nearest its time


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What a place asks for. No rates, sizes or aspect: any. `format` is libavformat's, or "pictures" for a folder."""

    name: str
    about: str
    format: str
    suffix: str
    codec: str
    pixels: str
    options: dict[str, str] = field(default_factory=dict)
    tag: str = ""
    sound: str = ""
    subtitles: str = ""
    rates: tuple[Fraction, ...] = ()
    sizes: tuple[Size, ...] = ()
    aspect: tuple[int, int] | None = None
    step: tuple[int, int] = (2, 2)  # width and height are multiples of it
    least: int = 2  # of either side: below it the coder does not open
    safe: SafeArea = TELEVISION_SAFE
    most_rate: Fraction = Fraction(1000)
    has_settings: bool = True
    has_chapters: bool = True
    has_languages: bool = True
    instead: str = "web"

    @property
    def is_rgb(self) -> bool:
        return self.pixels in ("bgr0", "bgra", "rgb24", "pal8", "gbrpf32le")


WEB = Preset(
    name="web", about="H.264 in MP4, plays everywhere", format="mp4", suffix=".mp4", codec="libx264", pixels="yuv420p",
    options=X264, sound="aac", subtitles="mov_text",
)  # fmt: skip


def _social(name: str, aspect: tuple[int, int], safe: SafeArea) -> Preset:
    about = f"H.264 in MP4, {aspect[0]}:{aspect[1]}"
    return replace(WEB, name=name, about=about, aspect=aspect, safe=safe)


def _broadcast(name: str, rate: Fraction) -> Preset:
    """AVC-Intra 100 (SMPTE RP 2027), 24-bit PCM, MXF OP1a. x264 makes it at 1920x1080 alone."""
    params = f"{X264['x264-params']}:avcintra-class=100:log-level=1"
    return Preset(
        name=name, about=f"AVC-Intra 100 in MXF, 1920x1080 at {name.removeprefix('broadcast-')}", format="mxf",
        suffix=".mxf", codec="libx264", pixels="yuv422p10le",
        options={"preset": "veryfast", "threads": "2", "x264-params": params}, sound="pcm_s24le", rates=(rate,),
        sizes=(Size(1920, 1080),), has_chapters=False, has_languages=False, has_settings=False, instead="prores-hq",
    )  # fmt: skip


def _prores(name: str, profile: str, pixels: str) -> Preset:
    return Preset(
        name=name, about=f"ProRes {'4444' if profile == '4' else '422 HQ'} in MOV, 10 bits", format="mov",
        suffix=".mov",
        codec="prores_ks", pixels=pixels, options={"profile": profile, "vendor": "apl0"}, sound="pcm_s24le",
        subtitles="mov_text", step=(1, 1) if profile == "4" else (2, 1), instead="ffv1",
    )  # fmt: skip


PRESETS = {
    preset.name: preset
    for preset in (
        WEB,
        _social("social-9x16", (9, 16), VERTICAL_SAFE),
        _social("social-1x1", (1, 1), TELEVISION_SAFE),
        _social("social-4x5", (4, 5), TELEVISION_SAFE),
        _broadcast("broadcast-25", Fraction(25)),
        _broadcast("broadcast-29.97", Fraction(30_000, 1001)),
        _broadcast("broadcast-50", Fraction(50)),
        _prores("prores-hq", "3", "yuv422p10le"),
        _prores("prores-4444", "4", "yuv444p10le"),
        Preset(
            name="ffv1", about="FFV1 in Matroska, RGB, every bit kept", format="matroska", suffix=".mkv", codec="ffv1",
            pixels="bgr0", options={"level": "3", "slicecrc": "1", "slices": "4", "threads": "1"}, sound="flac",
            subtitles="subrip", step=(1, 1), instead="png",
        ),
        Preset(
            name="png", about="a folder of PNG, every bit kept", format="pictures", suffix="", codec="png",
            pixels="rgb24", sound="wav", subtitles="srt", step=(1, 1), instead="ffv1",
        ),
        Preset(
            name="exr", about="a folder of OpenEXR, linear light in half floats, sound as WAV", format="pictures",
            suffix="", codec="exr", pixels="gbrpf32le", options={"format": "half", "compression": "zip16"}, sound="wav",
            subtitles="srt", step=(1, 1), instead="png",
        ),
        Preset(
            name="hevc", about="H.265 in MP4, hvc1", format="mp4", suffix=".mp4", codec="libx265", pixels="yuv420p",
            options={"preset": "fast", "crf": "20", "x265-params": X265}, tag="hvc1", sound="aac", subtitles="mov_text",
            least=16,
        ),
        Preset(
            name="av1", about="AV1 in MP4, 10 bits", format="mp4", suffix=".mp4", codec="libsvtav1",
            pixels="yuv420p10le", options={"preset": "8", "crf": "28", "svtav1-params": "lp=2"}, sound="aac",
            subtitles="mov_text", least=16, instead="hevc",
        ),
        Preset(
            name="vp9", about="VP9 and Opus in WebM", format="webm", suffix=".webm", codec="libvpx-vp9",
            pixels="yuv420p", sound="libopus", subtitles="webvtt",
            options={"crf": "24", "b": "0", "cpu-used": "4", "row-mt": "1", "threads": "2", "deadline": "good"},
        ),
        Preset(
            name="gif", about="GIF, one palette made from the whole film", format="gif", suffix=".gif", codec="gif",
            pixels="pal8", step=(1, 1), most_rate=Fraction(50), has_settings=False, has_chapters=False, instead="webp",
        ),
        Preset(
            name="webp", about="animated WebP", format="webp", suffix=".webp", codec="libwebp_anim", pixels="bgra",
            options={"quality": "90", "compression_level": "2"}, step=(1, 1), has_settings=False,
            has_chapters=False, instead="gif",
        ),
    )
}  # fmt: skip

# ISO 639-1 to 639-2: the terminological code, which MP4 and Matroska take, and the bibliographic one, QuickTime's.
LANGUAGES = {
    "ar": "ara", "bg": "bul", "bn": "ben", "cs": "ces cze", "da": "dan", "de": "deu ger", "el": "ell gre", "en": "eng",
    "es": "spa", "et": "est", "fa": "fas per", "fi": "fin", "fr": "fra fre", "he": "heb", "hi": "hin", "hr": "hrv",
    "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn", "ko": "kor", "lt": "lit", "lv": "lav", "ms": "msa may",
    "nl": "nld dut", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron rum", "ru": "rus", "sk": "slk slo", "sl": "slv",
    "sv": "swe", "sw": "swa", "ta": "tam", "te": "tel", "th": "tha", "tr": "tur", "uk": "ukr", "ur": "urd", "vi": "vie",
    "zh": "zho chi",
}  # fmt: skip


_LANGUAGE_RULE = 'it is a code of ISO 639, such as "en", "pt-BR" or "deu"'


def language_code(language: str, *, bibliographic: bool = False) -> str:
    """ "pt-BR" → "por"; a code of three letters stays. Where ISO 639-2 has two ("deu", "ger"), the one asked for."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", language):  # RFC 5646; it names files too
        raise RequestError("language", language, _LANGUAGE_RULE, "en")
    known = LANGUAGES.get(language.split("-")[0].lower())
    pairs = {code: codes for codes in map(str.split, LANGUAGES.values()) for code in codes}
    codes = known.split() if known else pairs.get(language.lower(), [language.lower()])
    code = codes[-1 if bibliographic else 0]
    if len(code) != 3:
        raise RequestError("language", language, _LANGUAGE_RULE, "en")
    return code


def find_preset(preset: str | Preset) -> Preset:
    """A preset by name, if this PyAV has its encoders."""
    if isinstance(preset, str) and preset not in PRESETS:
        raise RequestError("preset", preset, f"it is one of {', '.join(PRESETS)}", _nearest_name(preset))
    found = PRESETS[preset] if isinstance(preset, str) else preset
    if lacking := missing_encoders(found):
        rule = f"this build of PyAV lacks the encoder {' and '.join(lacking)}"
        raise RequestError("preset", found.name, rule, _works_instead(found))
    return found


def missing_encoders(preset: Preset) -> list[str]:
    """Encoders of the preset that this PyAV was built without."""
    import av

    names = [name for name in (preset.codec, preset.sound, preset.subtitles) if name]
    own = ("wav", "srt", "png") if preset.format == "pictures" else ()
    return [name for name in names if name not in own and not _can_encode(av, name)]


def check_size(preset: Preset, size: Size) -> None:
    if preset.sizes and size not in preset.sizes:
        near = min(preset.sizes, key=lambda other: abs(other.width - size.width))
        raise RequestError("size", str(size), f"{preset.name} is {' or '.join(map(str, preset.sizes))}", str(near))
    if preset.aspect and size.width * preset.aspect[1] != size.height * preset.aspect[0]:
        wide, high = preset.aspect
        times = max(2, round((size.width * size.height / (wide * high)) ** 0.5 / 2) * 2)
        rule = f"{preset.name} is exactly {wide}:{high}; reframe it first"
        raise RequestError("size", str(size), rule, f"{wide * times}x{high * times}")
    across, down = preset.step
    if size.width % across or size.height % down or min(size.width, size.height) < preset.least:
        near = Size(_multiple(size.width, across, preset.least), _multiple(size.height, down, preset.least))
        rule = f"{preset.name} needs multiples of {across}x{down}, {preset.least} or more"
        raise RequestError("size", str(size), rule, str(near))


def _multiple(side: int, step: int, least: int) -> int:
    return max(side // step, -(-least // step)) * step


def check_rate(preset: Preset, rate: Fraction) -> None:
    if preset.rates and rate not in preset.rates:
        near = min(preset.rates, key=lambda other: abs(other - rate))
        raise RequestError("rate", str(rate), f"{preset.name} is {near} frames per second; convert it first", str(near))
    if not 0 < rate <= preset.most_rate:
        rule = f"{preset.name} shows 1 to {preset.most_rate} frames per second"
        raise RequestError("rate", str(rate), rule, str(preset.most_rate if rate > 0 else Fraction(1)))


def _can_encode(av, name: str) -> bool:
    try:
        av.codec.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _works_instead(preset: Preset) -> str | None:
    tried = [preset.name]
    while (name := PRESETS[tried[-1]].instead if tried[-1] in PRESETS else "web") not in tried:
        if not missing_encoders(PRESETS[name]):
            return name
        tried.append(name)
    return next((name for name, other in PRESETS.items() if not missing_encoders(other)), None)


def _nearest_name(name: str) -> str:
    return (difflib.get_close_matches(name, PRESETS, n=1, cutoff=0.0) or ["web"])[0]
