"""Every preset is what its name says, as an independent build of FFmpeg and PyAV read it; what cannot be is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import wave
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from filmloom.core.errors import RequestError, ResourceError
from filmloom.core.types import Audio, Size
from filmloom.finishing.delivery import (
    Chapter,
    DeliveryWriter,
    Extras,
    Sound,
    Subtitles,
    check_delivery,
    deliver,
    linear_light,
)
from filmloom.finishing.frame import framed_size, reframed
from filmloom.finishing.mp4 import read_settings, write_mp4
from filmloom.finishing.presets import LANGUAGES, PRESETS, find_preset, language_code
from filmloom.finishing.subtitles import Cue

SIZE = Size(128, 72)
FILMS = {
    "web": ("mp4", "h264", "yuv420p"),
    "hevc": ("mp4", "hevc", "yuv420p"),
    "av1": ("mp4", "av1", "yuv420p10le"),
    "vp9": ("webm", "vp9", "yuv420p"),
    "prores-hq": ("mov", "prores", "yuv422p10le"),
    "prores-4444": ("mov", "prores", "yuv444p1"),  # FFmpeg decodes 10 bits into 12 since release 4.4
    "ffv1": ("mkv", "ffv1", "bgr0"),
}
RATES = (Fraction(24), Fraction(30_000, 1001), Fraction(25))
BARS = [(191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191), (0, 0, 0)]
NEEDS_FFMPEG = pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe and ffmpeg are not installed")
# Codes of 8 bits by which the flat inside of a bar may differ: rounding alone, and what each coder adds at its quality.
TOLERANCE = {"prores-hq": 0.25, "prores-4444": 0.25, "web": 1.0, "hevc": 1.0, "av1": 1.0, "vp9": 1.0}


def bars(num_frames, size=SIZE):
    """Eight bars, 75 % as in ITU-R BT.471: the same in every frame."""
    row = np.array(BARS, np.uint8)[np.arange(size.width) * len(BARS) // size.width]
    return np.broadcast_to(row, (num_frames, size.height, size.width, 3))


def numbered(num_frames, size=SIZE):
    """Grey frames, each another shade."""
    shades = (20 + 200 * np.arange(num_frames) // num_frames).astype(np.uint8)
    return np.broadcast_to(shades[:, None, None, None], (num_frames, size.height, size.width, 3))


def tone(seconds, channels=2):
    times = np.arange(round(seconds * 48_000)) / 48_000
    return Audio(np.tile(0.25 * np.sin(2 * np.pi * 440 * times), (channels, 1)).astype(np.float32))


def ship(path, frames, preset, *, rate=Fraction(24), **options):
    size = Size(frames.shape[2], frames.shape[1])
    return deliver(path, np.array_split(frames, 2), preset=preset, size=size, rate=rate, **options)


def path_of(folder, preset):
    return folder / f"film{PRESETS[preset].suffix}"


def probed(path, *more):
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-show_chapters", *more, path]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return json.loads(done.stdout)


def planes(path, pixels, size=SIZE, bits=8):
    """Every frame's Y, U, V (or R, G, B) as the installed ffmpeg decodes them, unscaled: [f, 3, h, w]."""
    assert pixels in ("yuv444p", "yuv444p10le", "gbrp")
    command = ["ffmpeg", "-v", "error", "-i", path, "-vf", f"scale=flags=neighbor,format={pixels}", "-fps_mode",
               "passthrough", "-f", "rawvideo", "-"]  # fmt: skip
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    codes = np.frombuffer(done.stdout, np.uint8 if bits == 8 else "<u2")
    return codes.reshape(-1, 3, size.height, size.width).astype(float)


def bt709(rgb, bits=8):
    """Y, Cb, Cr in limited range, not rounded (Rec. ITU-R BT.709-6, 3.2 to 3.5)."""
    red, green, blue = (channel / 255 for channel in rgb)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    codes = np.array([16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748])
    return codes * 2 ** (bits - 8)


def insides(picture):
    """The inner half of each bar, away from edges: [3, h, w] each."""
    width = picture.shape[-1] // len(BARS)
    for number in range(len(BARS)):
        yield picture[:, 8:-8, number * width + width // 4 : (number + 1) * width - width // 4]


@NEEDS_FFMPEG
@pytest.mark.parametrize("preset", FILMS)
@pytest.mark.parametrize("rate", RATES)
def test_codec_rate_frames_and_tags_are_what_ffprobe_reads(tmp_path, preset, rate):
    path = path_of(tmp_path, preset)
    report = ship(path, numbered(7), preset, rate=rate)
    stream = probed(path, "-count_frames")["streams"][0]
    suffix, codec, pixels = FILMS[preset]
    assert path.suffix == f".{suffix}" and stream["codec_name"] == codec and stream["pix_fmt"].startswith(pixels)
    assert (stream["width"], stream["height"], int(stream["nb_read_frames"])) == (128, 72, 7)
    assert Fraction(stream["r_frame_rate"]) == Fraction(stream["avg_frame_rate"]) == rate
    matrix, value_range = ("gbr", "pc") if preset == "ffv1" else ("bt709", "tv")
    assert (stream["color_space"], stream["color_range"]) == (matrix, value_range)
    assert (stream["color_primaries"], stream["color_transfer"]) == ("bt709", "bt709")
    assert (report.num_frames, Fraction(report.duration), report.left_out) == (7, 7 / rate, ())


@pytest.mark.parametrize("preset", FILMS)
def test_pyav_reads_every_frame_at_its_time(tmp_path, preset):
    rate, path = Fraction(30_000, 1001), path_of(tmp_path, preset)
    ship(path, numbered(7), preset, rate=rate)
    with av.open(path) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert stream.average_rate == rate and len(frames) == 7
        tick = Fraction(1, 1000) if path.suffix in (".mkv", ".webm") else Fraction(0)  # Matroska counts milliseconds
        assert all(abs(frame.pts * frame.time_base - n / rate) <= tick / 2 for n, frame in enumerate(frames))
        if not tick:
            assert stream.duration * stream.time_base == 7 / rate


@NEEDS_FFMPEG
@pytest.mark.parametrize("preset", TOLERANCE)
def test_colour_bars_have_the_codes_that_bt709_defines(tmp_path, preset):
    path = path_of(tmp_path, preset)
    ship(path, bars(4), preset)
    bits = 10 if PRESETS[preset].pixels.endswith("10le") else 8
    for picture in planes(path, "yuv444p10le" if bits == 10 else "yuv444p", bits=bits):
        for rgb, inside in zip(BARS, insides(picture)):
            away = np.abs(inside - bt709(rgb, bits)[:, None, None]).max() / 2 ** (bits - 8)
            assert away <= TOLERANCE[preset], (rgb, away)


@NEEDS_FFMPEG
def test_ffv1_keeps_every_bit(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (3, 71, 129, 3), dtype=np.uint8)
    ship(tmp_path / "a.mkv", noise, "ffv1")
    green_blue_red = planes(tmp_path / "a.mkv", "gbrp", Size(129, 71))
    assert np.array_equal(green_blue_red[:, [2, 0, 1]].transpose(0, 2, 3, 1), noise)


@NEEDS_FFMPEG
def test_broadcast_is_avc_intra_in_mxf(tmp_path):
    size = Size(1920, 1080)
    for rate, preset in (
        (Fraction(25), "broadcast-25"),
        (Fraction(50), "broadcast-50"),
        (Fraction(30_000, 1001), "broadcast-29.97"),
    ):
        path = tmp_path / f"{preset}.mxf"
        extras = Extras(sounds=(Sound(tone(1), "en"), Sound(tone(1, 1), "de")))
        report = ship(path, bars(3, size), preset, rate=rate, extras=extras)
        told = probed(path, "-count_frames")
        picture, *sounds = told["streams"]
        assert told["format"]["format_name"] == "mxf" and picture["profile"] == "High 4:2:2 Intra"
        assert (picture["pix_fmt"], picture["color_space"], picture["color_range"]) == ("yuv422p10le", "bt709", "tv")
        assert Fraction(picture["avg_frame_rate"]) == rate and int(picture["nb_read_frames"]) == 3
        assert [(s["codec_name"], s["channels"], s["sample_rate"]) for s in sounds] == [
            ("pcm_s24le", 2, "48000"), ("pcm_s24le", 1, "48000"),
        ]  # fmt: skip
        assert report.left_out == ("languages",)
    for rgb, inside in zip(BARS, insides(planes(path, "yuv444p10le", size, bits=10)[0])):
        assert np.abs(inside - bt709(rgb, 10)[:, None, None]).max() / 4 <= 1


@NEEDS_FFMPEG
@pytest.mark.parametrize(
    ("preset", "size"), [("social-9x16", "36x64"), ("social-1x1", "72x72"), ("social-4x5", "56x70")]
)
def test_social_films_are_cut_to_their_shape(tmp_path, preset, size):
    cut = framed_size(SIZE, PRESETS[preset].aspect)
    chunks = reframed([bars(3)], cut, how="crop", centre=(0, 0))
    deliver(tmp_path / "a.mp4", chunks, preset=preset, size=cut, rate=Fraction(30))
    stream = probed(tmp_path / "a.mp4")["streams"][0]
    assert f"{stream['width']}x{stream['height']}" == size and stream["codec_name"] == "h264"
    luma = planes(tmp_path / "a.mp4", "yuv444p", cut)[0, 0]
    assert np.abs(luma[8:-8, 4:12] - bt709(BARS[0])[0]).max() <= 1  # the film's left edge


def test_the_guide_names_every_preset():
    guide = (Path(__file__).parents[2] / "docs/guides/deliver.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in guide for name in PRESETS)


def test_broadcast_50_is_one_preset_with_its_rate():
    check_delivery(PRESETS["broadcast-50"], size=Size(1920, 1080), rate=Fraction(50), extras=Extras())
    with pytest.raises(RequestError, match="50 frames per second") as error:
        check_delivery(PRESETS["broadcast-50"], size=Size(1920, 1080), rate=Fraction(30), extras=Extras())
    assert error.value.nearest == "50"


@pytest.mark.parametrize(
    "preset", [name for name in FILMS if name != "ffv1" and PRESETS[name].format in ("mp4", "mov")]
)
def test_the_index_comes_before_the_data(tmp_path, preset):
    path = path_of(tmp_path, preset)
    ship(path, numbered(3), preset)
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert preset != "hevc" or (b"hvc1" in data and b"hev1" not in data)


def test_web_is_the_film_that_mp4_writes(tmp_path):
    frames, audio, settings = numbered(9), tone(0.5), {"seed": 7}
    for sounds in ((), (Sound(audio),)):
        heard = sounds[0].audio if sounds else None
        write_mp4(
            tmp_path / "a.mp4", [frames], size=SIZE, fps=Fraction(24), metadata=settings, audio=heard, overwrite=True
        )
        ship(tmp_path / "b.mp4", frames, "web", metadata=settings, extras=Extras(sounds=sounds), overwrite=True)
        assert coded(tmp_path / "a.mp4") == coded(tmp_path / "b.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert read_settings(tmp_path / "b.mp4") == settings


def coded(path):
    with av.open(path) as container:
        return [(packet.stream.index, packet.pts, bytes(packet)) for packet in container.demux()]


@pytest.mark.parametrize("preset", ["web", "hevc", "av1", "vp9", "ffv1", "prores-hq", "gif", "webp"])
def test_a_preset_gives_the_same_bytes_again(tmp_path, preset):
    for name in ("a", "b"):
        ship(tmp_path / f"{name}{PRESETS[preset].suffix}", numbered(5), preset)
    first, second = ((tmp_path / f"{name}{PRESETS[preset].suffix}").read_bytes() for name in ("a", "b"))
    assert first == second


EXTRAS = Extras(
    sounds=(Sound(tone(1), "en", "Original"), Sound(tone(1, 1), "deu"), Sound(tone(1), "zh-Hans")),
    subtitles=(
        Subtitles((Cue(Fraction(1, 10), Fraction(4, 10), "Hello & {you}"),), "en"),
        Subtitles((Cue(Fraction(0), Fraction(1, 2), "مرحبا."), Cue(Fraction(6, 10), Fraction(5), "نعم")), "ar"),
    ),
    chapters=(Chapter(Fraction(0), "Dawn"), Chapter(Fraction(1, 2), "黄昏"), Chapter(Fraction(9), "Never")),
)


@NEEDS_FFMPEG
@pytest.mark.parametrize("preset", FILMS)
def test_chapters_languages_and_subtitles_are_read_back(tmp_path, preset):
    path = path_of(tmp_path, preset)
    report = ship(path, numbered(24), preset, extras=EXTRAS)
    told = probed(path)
    chapters = [(c["tags"]["title"], float(c["start_time"]), float(c["end_time"])) for c in told["chapters"]]
    assert chapters == [("Dawn", 0, 0.5), ("黄昏", 0.5, 1.0)] and report.left_out == ("chapters after the end",)
    languages = {kind: [s["tags"].get("language") for s in told["streams"] if s["codec_type"] == kind and
                        s["codec_name"] != "bin_data"] for kind in ("audio", "subtitle")}  # fmt: skip
    quicktime = PRESETS[preset].format == "mov"
    assert languages == {"audio": ["eng", "ger" if quicktime else "deu", "chi" if quicktime else "zho"],
                         "subtitle": ["eng", "ara"]}  # fmt: skip
    assert float(told["format"]["duration"]) == pytest.approx(1, abs=0.02)
    for number, wanted in enumerate(("Hello & ", "مرحبا")):
        command = ["ffmpeg", "-v", "error", "-copyts", "-i", path, "-map", f"0:s:{number}", "-f", "srt", "-"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and wanted in done.stdout, done.stdout + done.stderr
        assert ("00:00:00,100 --> 00:00:00,400" if number == 0 else "00:00:00,600 --> 00:00:01,000") in done.stdout


@pytest.mark.parametrize(("preset", "wanted"), [
    ("web", b"\x00\x0dHello & {you}"), ("ffv1", b"Hello & {you}"), ("vp9", b"Hello &amp; {you}"),
])  # fmt: skip
def test_words_are_coded_as_their_container_has_them(tmp_path, preset, wanted):
    ship(path_of(tmp_path, preset), numbered(24), preset, extras=EXTRAS)
    with av.open(path_of(tmp_path, preset)) as container:
        shown = [bytes(packet) for packet in container.demux(container.streams.subtitles[0])]
    assert wanted in shown


@pytest.mark.parametrize("preset", ["ffv1", "prores-hq", "vp9", "hevc"])
def test_sound_is_as_long_as_the_pictures_and_on_time(tmp_path, preset):
    click = np.zeros((2, 96_000), np.float32)
    click[:, 12_345] = 0.9
    path = path_of(tmp_path, preset)
    ship(path, numbered(25), preset, rate=Fraction(25), extras=Extras(sounds=(Sound(Audio(click), "en"),)))
    with av.open(path) as container:
        stream = container.streams.audio[0]
        parts = [
            (f.pts * f.time_base, f.to_ndarray(), f.format.name, f.layout.nb_channels) for f in container.decode(stream)
        ]
    heard = np.concatenate([p if form[-1] == "p" else p.reshape(-1, c).T for _, p, form, c in parts], 1)
    start = round(parts[0][0] * 48_000)
    peak = int(np.abs(heard[0].astype(float)).argmax()) + start
    if preset in ("ffv1", "prores-hq"):  # lossless sound: exact to the sample
        assert heard.shape[1] == 48_000 and peak == 12_345 and np.count_nonzero(heard) == 2
    else:
        assert abs(peak - 12_345) <= 48  # 1 ms: Matroska's clock
        assert abs(heard.shape[1] + start - 48_000) <= 1024


@NEEDS_FFMPEG
@pytest.mark.parametrize("preset", ["web", "hevc", "vp9", "prores-hq", "ffv1"])
def test_a_click_is_heard_at_its_sample_by_ffmpeg(tmp_path, preset):
    click = np.zeros((2, 48_000), np.float32)
    click[:, 12_345] = 0.9
    path = path_of(tmp_path, preset)
    ship(path, numbered(25), preset, rate=Fraction(25), extras=Extras(sounds=(Sound(Audio(click), "en"),)))
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "f32le", "-"]
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=60, check=True)
    assert np.abs(np.frombuffer(done.stdout, "<f4").reshape(-1, 2)[:, 0]).argmax() == 12_345


@pytest.mark.parametrize("rate", [Fraction(10), Fraction(24), Fraction(30)])
def test_gif_has_the_bars_exactly_and_each_frame_at_the_nearest_hundredth(tmp_path, rate):
    frames = np.concatenate([bars(4), bars(4)[:, :, ::-1]])
    ship(tmp_path / "a.gif", frames, "gif", rate=rate)
    with av.open(tmp_path / "a.gif") as container:
        shown = list(container.decode(video=0))
        times = [frame.pts * frame.time_base for frame in shown]
        assert np.array_equal(np.stack([frame.to_ndarray(format="rgb24") for frame in shown]), frames)
    assert times == [Fraction(round(number * 100 / rate), 100) for number in range(8)]


def test_gif_takes_its_palette_from_the_whole_film(tmp_path):
    """Colours of the last frames alone, and more than 256 in all: still close, and no temporary file is left."""
    ramp = np.linspace(0, 255, 128).astype(np.uint8)
    red, blue = np.zeros((2, 4, 72, 128, 3), np.uint8)
    red[..., 0], blue[..., 2], blue[..., 1] = ramp, ramp, 255 - ramp
    ship(tmp_path / "a.gif", np.concatenate([red, blue, bars(2)]), "gif", rate=Fraction(10))
    with av.open(tmp_path / "a.gif") as container:
        shown = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert np.abs(shown[:8].astype(int) - np.concatenate([red, blue])).mean() < 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_webp_moves_and_keeps_time(tmp_path):
    from PIL import Image

    ship(tmp_path / "a.webp", numbered(6), "webp", rate=Fraction(24))
    with Image.open(tmp_path / "a.webp") as image:
        durations, shades = [], []
        for number in range(image.n_frames):
            image.seek(number)
            shades.append(np.asarray(image.convert("RGB")).mean())
            durations.append(image.info["duration"])
    assert (
        image.info["loop"] == 0
        and image.n_frames == 6
        and abs(sum(durations) - 250) <= 2
        and all(41 <= d <= 42 for d in durations)
    )
    assert np.abs(np.array(shades) - numbered(6)[:, 0, 0, 0]).max() <= 1


@NEEDS_FFMPEG
def test_png_folder_holds_every_bit_the_sound_and_the_words(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (24, 36, 64, 3), dtype=np.uint8)
    report = ship(tmp_path / "film", noise, "png", extras=EXTRAS, metadata={"seed": 3})
    names = {path.name for path in (tmp_path / "film").iterdir() if path.suffix != ".png"}
    assert names == {"sound-en.wav", "sound-deu.wav", "sound-zh-Hans.wav", "subtitles-en.srt", "subtitles-ar.srt",
                     "delivery.json"}  # fmt: skip
    shown = planes(tmp_path / "film" / "%06d.png", "gbrp", Size(64, 36))
    assert np.array_equal(shown[:, [2, 0, 1]].transpose(0, 2, 3, 1), noise)
    with wave.open(str(tmp_path / "film" / "sound-en.wav")) as sound:
        assert (sound.getnframes(), sound.getframerate(), sound.getsampwidth()) == (48_000, 48_000, 3)
    told = json.loads((tmp_path / "film" / "delivery.json").read_text())
    assert (told["rate"], told["settings"], told["num_frames"]) == ("24", {"seed": 3}, 24) and report.left_out == ()


@NEEDS_FFMPEG
def test_exr_is_linear_light_to_the_precision_of_halves(tmp_path):
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8)[None, None, :, None], (2, 16, 256, 3)).copy()
    ramp[..., 1] = 255 - ramp[..., 1]
    ship(tmp_path / "film", ramp, "exr")
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        tmp_path / "film/000002.exr",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gbrpf32le",
        "-",
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=60, check=True)
    green, _, red = np.frombuffer(done.stdout, "<f4").reshape(3, 16, 256)
    wanted = linear_light(ramp[1])
    assert np.allclose(red, wanted[..., 0], rtol=2**-11, atol=2**-25) and np.allclose(
        green, wanted[..., 1], rtol=2**-11, atol=2**-25
    )
    value = np.arange(256) / 255
    again = np.where(linear_light(np.arange(256)) < 0.018, 4.5 * linear_light(np.arange(256)),
                     1.099 * linear_light(np.arange(256)) ** 0.45 - 0.099)  # fmt: skip
    assert np.abs(again - value).max() < 2e-4 and 255 * np.abs(again - value).max() < 0.05


def test_overwriting_a_folder_takes_only_what_a_delivery_made(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(RequestError, match="only a folder that a delivery made"):
        ship(tmp_path / "mine", numbered(2), "png", overwrite=True)
    ship(tmp_path / "film", numbered(5), "png")
    with pytest.raises(RequestError, match="exists"):
        ship(tmp_path / "film", numbered(2), "png")
    ship(tmp_path / "film", numbered(2), "png", overwrite=True)
    assert len(list((tmp_path / "film").glob("*.png"))) == 2 and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("preset", ["web", "hevc", "vp9", "ffv1", "gif", "webp", "png", "exr"])
def test_a_failure_leaves_nothing(tmp_path, preset):
    path = path_of(tmp_path, preset)
    with pytest.raises(ZeroDivisionError), DeliveryWriter(path, preset=preset, size=SIZE, rate=Fraction(24)) as writer:
        writer.write(numbered(3))
        raise ZeroDivisionError
    with pytest.raises(RequestError, match="at least one frame"):
        deliver(path, [], preset=preset, size=SIZE, rate=Fraction(24))
    assert list(tmp_path.iterdir()) == []


def test_last_sees_the_whole_film_before_its_name_appears(tmp_path):
    seen = []

    def last(hidden):
        with av.open(hidden) as container:
            seen.append((container.streams.video[0].frames, (tmp_path / "a.mp4").exists()))

    ship(tmp_path / "a.mp4", numbered(5), "web", last=last, tags={"AIGC": "{}"})
    assert seen == [(5, False)]

    def fails(hidden):
        raise ResourceError("no")

    with pytest.raises(ResourceError):
        ship(tmp_path / "b.mp4", numbered(5), "web", last=fails)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_sidecars_lie_where_players_look(tmp_path):
    extras = Extras(subtitles=EXTRAS.subtitles, sidecars=("srt", "vtt", "ass"))
    report = ship(tmp_path / "a.gif", numbered(3), "gif", extras=extras, metadata={"seed": 1})
    assert report.left_out == ("subtitles", "settings")
    assert {path.name for path in tmp_path.iterdir()} == {"a.gif"} | {
        f"a.{language}.{suffix}" for language in ("en", "ar") for suffix in ("srt", "vtt", "ass")
    }


def test_a_sidecar_in_the_way_is_told_before_the_film_is_made(tmp_path):
    (tmp_path / "a.en.srt").write_text("mine")
    twice = Extras(subtitles=(*EXTRAS.subtitles[:1], *EXTRAS.subtitles[:1]), sidecars=("srt",))
    with pytest.raises(RequestError) as error:
        ship(tmp_path / "a.mp4", numbered(3), "web", extras=twice)
    assert error.value.nearest == str(tmp_path / "a.en-2.srt") and len(list(tmp_path.iterdir())) == 1
    report = ship(tmp_path / "b.mp4", numbered(3), "web", extras=twice)
    assert report.sidecars == (str(tmp_path / "b.en.srt"), str(tmp_path / "b.en-2.srt"))


@pytest.mark.parametrize(
    ("preset", "size", "rate", "extras", "nearest"),
    [
        ("web", Size(127, 72), 24, Extras(), "126x72"),
        ("prores-hq", Size(127, 71), 24, Extras(), "126x71"),
        ("hevc", Size(8, 72), 24, Extras(), "16x72"),
        ("ffv1", Size(1, 72), 24, Extras(), "2x72"),
        ("social-9x16", Size(1280, 720), 24, Extras(), "720x1280"),
        ("social-1x1", Size(1280, 720), 24, Extras(), "960x960"),
        ("social-4x5", Size(1080, 1920), 24, Extras(), "1288x1610"),
        ("broadcast-25", Size(1280, 720), 25, Extras(), "1920x1080"),
        ("broadcast-29.97", Size(1920, 1080), 30, Extras(), "30000/1001"),
        ("gif", SIZE, 60, Extras(), "50"),
        ("web", SIZE, 0, Extras(), "1"),
        ("gif", SIZE, 10, Extras(sounds=(Sound(tone(1)),)), 0),
        ("web", SIZE, 24, Extras(sounds=(Sound(Audio(np.zeros((2, 9), np.float32), 44_100)),)), 48_000),
        ("web", SIZE, 24, Extras(sounds=(Sound(tone(1), "english"),)), "en"),
        ("web", SIZE, 24, Extras(chapters=(Chapter(Fraction(1), "a"),)), ["0", "1"]),
        ("web", SIZE, 24, Extras(sidecars=("sub",)), "srt"),
    ],
)
def test_what_a_preset_cannot_carry_is_refused_with_what_it_can(preset, size, rate, extras, nearest):
    with pytest.raises(RequestError) as error:
        check_delivery(PRESETS[preset], size=size, rate=Fraction(rate), extras=extras)
    assert error.value.nearest == nearest


def test_the_nearest_size_is_accepted():
    for preset in ("web", "social-9x16", "social-1x1", "social-4x5", "broadcast-25"):
        rate = Fraction(25)
        with pytest.raises(RequestError) as error:
            check_delivery(PRESETS[preset], size=Size(1279, 719), rate=rate, extras=Extras())
        check_delivery(PRESETS[preset], size=Size.parse(error.value.nearest), rate=rate, extras=Extras())


def test_names_and_places_are_refused_with_the_nearest(tmp_path):
    with pytest.raises(RequestError) as error:
        find_preset("hvec")
    assert error.value.nearest == "hevc"
    for path, preset, nearest in (
        (tmp_path / "a.mp4", "vp9", str(tmp_path / "a.webm")),
        (tmp_path / "a.png", "png", str(tmp_path / "a")),
        (tmp_path / "no/a.mp4", "web", str(tmp_path / "a.mp4")),
    ):
        with pytest.raises(RequestError) as error:
            ship(path, numbered(2), preset)
        assert error.value.nearest == nearest


def test_a_missing_encoder_is_named_with_a_preset_that_works():
    with pytest.raises(RequestError, match="lacks the encoder libsvtav9") as error:
        find_preset(replace(PRESETS["av1"], codec="libsvtav9"))
    assert error.value.nearest == "hevc"
    assert all(find_preset(name) for name in PRESETS)


def test_language_codes():
    assert [language_code(code) for code in ("en", "pt-BR", "deu", "ger", "zh-Hans")] == [
        "eng",
        "por",
        "deu",
        "deu",
        "zho",
    ]
    assert [language_code(code, bibliographic=True) for code in ("de", "fra", "zh", "id")] == [
        "ger",
        "fre",
        "chi",
        "ind",
    ]
    for wrong in ("english", "", "en-../../x", "xx", "e1"):
        with pytest.raises(RequestError, match="ISO 639"):
            language_code(wrong)
    assert all(len(code) == 3 for codes in LANGUAGES.values() for code in codes.split())
