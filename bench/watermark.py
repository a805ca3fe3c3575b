"""How often the watermark is read after each attack, at what PSNR, and how often it is read where there is none.

    python bench/watermark.py [--clips 200] [--size 640x360] [--false-reads 100000] [--only ATTACK ...] [--other]

Two-second clips at 16 frames a second (the film set's drawings, films of mini from text; dead leaves, clouds, flat
cartoons, gradients and grain made here) are marked, attacked and read. Changes of geometry, colour and time are each
followed by H.264 at CRF 23, as in a file. Prints a table and writes bench/results/watermark.json. `--other N` gives the
first N clips to the blind method dwtDctSvd of the package `invisible-watermark` as well, where that package imports.
Every clip's row is kept beside the output (`.rows`) as soon as it is there, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import sys
import time
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np

import filmloom
from filmloom.core.random import generator
from filmloom.core.types import Size
from filmloom.finishing import codes, watermark
from filmloom.world.film import film
from filmloom.world.sample import Repertoire, sample_scene

RESULTS = Path(__file__).parent / "results" / "watermark.json"
FPS, SECONDS = 16, 2
NUM_FRAMES = FPS * SECONDS


def main() -> None:
    chosen = parsed()
    cv2.setNumThreads(1)
    size = Size.parse(chosen.size)
    attacks = {name: ATTACKS[name] for name in chosen.only or ATTACKS}
    kept = Kept(
        Path(f"{chosen.output}.rows"), {"size": str(size), "attacks": list(attacks), "strength": chosen.strength}
    )
    rows = [
        kept(i, lambda i=i: clip_row(i, size, attacks, strength=chosen.strength, other=i < chosen.other))
        for i in progress(range(chosen.clips))
    ]
    record = {
        "command": " ".join(sys.argv), "machine": machine(), "clips": chosen.clips, "size": str(size),
        "frames": NUM_FRAMES, "strength": chosen.strength,
        "sources": {k: sum(r["source"] == k for r in rows) for k in SOURCES},
        "psnr": psnr_summary(rows, "psnr"), "read": {name: read_summary(rows, "read", name) for name in attacks},
        "false_reads": false_reads(chosen.false_reads, size) if chosen.false_reads else None,
        "milliseconds_per_frame": milliseconds(),
    }  # fmt: skip
    if others := [row for row in rows if "other" in row]:
        record["other"] = {"method": "invisible-watermark dwtDctSvd", "clips": len(others)}
        record["other"] |= {"psnr": psnr_summary(others, "other_psnr")}
        record["other"] |= {"read": {name: read_summary(others, "other", name) for name in attacks}}
    print(table(record))
    RESULTS.parent.mkdir(exist_ok=True)
    Path(chosen.output).write_text(json.dumps(record | {"rows": rows}, indent=1) + "\n")
    kept.path.unlink()


class Kept:
    """Rows by number in a file of JSON lines; its first line says what they were made with."""

    def __init__(self, path: Path, made_with: dict):
        self.path, self.rows = path, {}
        lines = path.read_text().splitlines() if path.exists() else []
        if lines and json.loads(lines[0]) == made_with:
            self.rows = {row["index"]: row for row in map(json.loads, lines[1:])}
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(made_with) + "\n")

    def __call__(self, index: int, make) -> dict:
        if index not in self.rows:
            self.rows[index] = make()
            with self.path.open("a") as file:
                file.write(json.dumps(self.rows[index]) + "\n")
        return self.rows[index]


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--clips", type=int, default=200)
    made.add_argument("--size", default="640x360")
    made.add_argument("--false-reads", type=int, default=100_000)
    made.add_argument("--only", nargs="+", choices=ATTACKS)
    made.add_argument("--strength", type=float, default=1.0, help="of the mark; films of the house leave with less")
    made.add_argument("--other", type=int, default=0, metavar="CLIPS", help="how many clips the other method is given")
    made.add_argument("--output", default=RESULTS)
    return made.parse_args()


def clip_row(index: int, size: Size, attacks: dict, *, strength: float, other: bool) -> dict:
    """One clip marked with a key and payload of its own, and what was read after each attack."""
    rng = generator("watermark bench", index)
    source = list(SOURCES)[index % len(SOURCES)]
    clean = SOURCES[source](rng, size)
    key, payload = rng.bytes(16), int(rng.integers(1 << 63))
    film_ = np.concatenate(list(watermark.marked([clean], key, payload, strength=strength)))
    row = {"index": index, "source": source, "psnr": round(psnr(clean, film_), 2), "read": {}}
    for name, attack in attacks.items():
        attacked = attack(film_, generator("watermark bench", index, name))
        reading = watermark.read_watermark([attacked], key)
        row["read"][name] = [reading.payload == payload, round(reading.confidence, 3), round(reading.sigmas, 1)]
        assert reading.payload in (None, payload), f"clip {index}, {name}: a wrong payload was read"
    return row | (other_row(clean, payload, attacks, index) if other else {})


# --- Sources, uint8 [f, h, w, 3]


def drawn(rng: np.random.Generator, size: Size) -> np.ndarray:
    scene = sample_scene(rng, Repertoire.full(), split="any", seconds=SECONDS)
    return np.concatenate(list(film(scene, size, FPS, NUM_FRAMES, workers=1)))


def leaves(rng: np.random.Generator, size: Size, *, num: int = 1500, grain: float = 6.0) -> np.ndarray:
    """Dead leaves (Lee, Mumford and Huang 2001): discs that hide one another, the edges and scales of photographs."""
    picture = canvas(rng, size)
    for radius in np.sort(3 / rng.uniform(0.02, 1, num) ** 0.8)[::-1] * size.height / 360:
        centre = tuple(int(v) for v in rng.uniform(0, (picture.shape[1], picture.shape[0])))
        cv2.circle(picture, centre, max(int(radius), 1), rng.uniform(20, 235, 3).tolist(), -1, cv2.LINE_AA)
    texture = clouds_map(rng, picture.shape[:2], 1.0) * grain
    return panned(picture + texture[..., None], rng, size)


def cartoon(rng: np.random.Generator, size: Size) -> np.ndarray:
    """A dozen large flat discs and nothing else: the hard case for masks."""
    return leaves(rng, size, num=12, grain=0.0)


def clouds(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Noise with a spectrum falling as 1/f, as photographs' does, of a contrast between dull and harsh, tinted."""
    shape = canvas(rng, size).shape[:2]
    contrast, tint = rng.uniform(15, 45), rng.uniform(-20, 20, 3)
    return panned(128 + contrast * clouds_map(rng, shape, 1.0)[..., None] + tint, rng, size)


def gradient(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Two colours meeting slowly."""
    height, width = canvas(rng, size).shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.add.outer(np.linspace(-1, 1, height) * np.sin(angle), np.linspace(-1, 1, width) * np.cos(angle))[
        ..., None
    ]
    ends = rng.uniform(30, 225, (2, 3))
    return panned(ends[0] + (ends[1] - ends[0]) * (ramp + 1.5) / 3, rng, size)


def grain(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Clouds under fresh sensor noise in every frame."""
    clean = clouds(rng, size)
    noise = rng.normal(0, rng.uniform(4, 10), (NUM_FRAMES, size.height, size.width, 1))
    return (clean + noise).clip(0, 255).astype(np.uint8)


def mini(rng: np.random.Generator, size: Size) -> np.ndarray:
    """A film of mini from text alone, four steps."""
    prompt = MINI_PROMPTS[rng.integers(len(MINI_PROMPTS))]
    fields = {"mode": "text", "steps": 4, "seconds": SECONDS, "fps": FPS, "size": (size.width, size.height)}
    return loaded_mini().make(filmloom.Request(prompt=prompt, seed=int(rng.integers(1000)), **fields)).frames


@cache
def loaded_mini():
    return filmloom.load("mini")


MINI_PROMPTS = (
    "a yellow rabbit hopping in the meadow",
    "a red car driving through the city at night",
    "a girl in a red dress dancing under a cherry tree",
    "a white cat walking on the beach at sunset",
)
SOURCES = {
    "drawn": drawn, "leaves": leaves, "cartoon": cartoon, "clouds": clouds, "mini": mini, "gradient": gradient,
    "grain": grain, "drawn 2": drawn,
}  # fmt: skip


def canvas(rng: np.random.Generator, size: Size) -> np.ndarray:
    """A picture with room to pan."""
    shape = (round(size.height * 1.2), round(size.width * 1.2), 1)
    return np.ones(shape, np.float32) * rng.uniform(40, 215, 3).astype(np.float32)


def clouds_map(rng: np.random.Generator, shape: tuple[int, int], power: float) -> np.ndarray:
    """float32 [h, w], deviation 1, amplitude falling as 1 / f^power."""
    radius = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None])
    radius[0, 0] = 1
    field = np.fft.irfft2(np.fft.rfft2(rng.normal(size=shape)) / radius**power, shape)
    return ((field - field.mean()) / field.std()).astype(np.float32)


def panned(picture: np.ndarray, rng: np.random.Generator, size: Size) -> np.ndarray:
    """A slow pan; every third clip stands still, which is harder: its own texture does not average out."""
    room = np.array(picture.shape[1::-1]) - (size.width, size.height)
    start, end = rng.uniform(0, room, (2, 2))
    end = start if rng.uniform() < 1 / 3 else end
    at = np.linspace(start, end, NUM_FRAMES)
    move = lambda x, y: np.float32([[1, 0, -x], [0, 1, -y]])  # noqa: E731
    frames = [cv2.warpAffine(picture.astype(np.float32), move(*p), (size.width, size.height)) for p in at]
    return np.stack(frames).clip(0, 255).round().astype(np.uint8)


# --- Attacks: film [f, h, w, 3], generator → film


def coded(codec: str, **options: str):
    def attack(frames: np.ndarray, _: np.random.Generator, fps: Fraction = Fraction(FPS)) -> np.ndarray:
        return decoded(encoded(frames, codec, options, fps))

    return attack


def then_coded(change):
    return lambda frames, rng: H264(np.ascontiguousarray(change(frames, rng)), rng)


def encoded(frames: np.ndarray, codec: str, options: dict, fps: Fraction) -> io.BytesIO:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=fps, options=options)
        stream.height, stream.width = (v // 2 * 2 for v in frames.shape[1:3])
        stream.pix_fmt = "yuv420p"
        for picture in frames[:, : stream.height, : stream.width]:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=1, dst_color_range=1)))
        container.mux(stream.encode(None))
    file.seek(0)
    return file


def decoded(file: io.BytesIO) -> np.ndarray:
    with av.open(file) as container:
        as_rgb = dict(format="rgb24", src_colorspace=1, src_color_range=1, dst_color_range=2)
        return np.stack([frame.reformat(**as_rgb).to_ndarray() for frame in container.decode(video=0)])


def half(frames, _):
    small = (frames.shape[2] // 2, frames.shape[1] // 2)
    return np.stack([cv2.resize(f, small, interpolation=cv2.INTER_AREA) for f in frames])


def crop(frames, rng):
    height, width = frames.shape[1:3]
    y, x = rng.integers(0, height // 10), rng.integers(0, width // 10)
    return frames[:, y : y + round(height * 0.9), x : x + round(width * 0.9)]


def shift(frames, rng):
    signs = rng.choice([-1, 1], 2)
    move = np.float32([[1, 0, signs[0] * 0.05 * frames.shape[2]], [0, 1, signs[1] * 0.05 * frames.shape[1]]])
    size = frames.shape[2:0:-1]
    return np.stack([cv2.warpAffine(f, move, size, borderMode=cv2.BORDER_REPLICATE) for f in frames])


def retimed(mode: str):
    """16 → 30 by libavfilter's minterpolate: motion-compensated, or by blending."""

    def attack(frames, rng):
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=frames.shape[2], height=frames.shape[1], format="yuv420p", time_base=Fraction(1, FPS), name="in"
        )
        nodes = [
            source,
            graph.add("fps", str(FPS)),
            graph.add("minterpolate", f"fps=30:mi_mode={mode}"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        for i, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p", dst_colorspace=1)
            frame.pts, frame.time_base = i, Fraction(1, FPS)
            source.push(frame)
        source.push(None)
        return np.stack(
            [f.reformat(format="rgb24", src_colorspace=1, dst_color_range=2).to_ndarray() for f in pulled(graph)]
        )

    return attack


def pulled(graph) -> Iterable:
    while True:
        try:
            yield graph.pull()
        except (av.error.EOFError, av.error.BlockingIOError):
            return


def trim(frames, rng):
    return frames[rng.integers(0, NUM_FRAMES // 2) :][: NUM_FRAMES // 2]


def brighter(frames, rng):
    return cv2.convertScaleAbs(frames.reshape(-1, 1), alpha=1.1).reshape(frames.shape)


def flatter(frames, rng):
    return cv2.convertScaleAbs(frames.reshape(-1, 1), alpha=0.9, beta=12.8).reshape(frames.shape)


def hue(frames, rng):
    """A tenth of the way around the circle."""
    turned = []
    for picture in frames:
        planes = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV_FULL)
        planes[..., 0] += 26  # of 256; wraps
        turned.append(cv2.cvtColor(planes, cv2.COLOR_HSV2RGB_FULL))
    return np.stack(turned)


H264 = coded("libx264", crf="23")
ATTACKS = {
    "none": lambda frames, rng: frames,
    "H.264 CRF 23": H264,
    "H.264 CRF 28": coded("libx264", crf="28"),
    "H.264 CRF 35": coded("libx264", crf="35"),
    "HEVC CRF 28": coded("libx265", crf="28", preset="fast", **{"x265-params": "log-level=none"}),
    "AV1 CRF 35": coded("libsvtav1", crf="35", preset="8"),
    "half size": then_coded(half),
    "crop 10 %": then_coded(crop),
    "shift 5 %": then_coded(shift),
    "16 to 30, motion": then_coded(retimed("mci")),
    "16 to 30, blend": then_coded(retimed("blend")),
    "trim to 1 s": then_coded(trim),
    "brightness +10 %": then_coded(brighter),
    "contrast -10 %": then_coded(flatter),
    "hue +10 %": then_coded(hue),
    "mirror": then_coded(lambda frames, rng: frames[:, :, ::-1]),
}


# --- What is counted


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """The film's worst frame, over R, G and B."""
    error = [np.mean((x.astype(np.float32) - y) ** 2) for x, y in zip(a, b)]
    return float(10 * np.log10(255**2 / max(error)))


def psnr_summary(rows: list[dict], column: str) -> dict:
    values = [row[column] for row in rows]
    return {"lowest": min(values), "mean": round(float(np.mean(values)), 2), "highest": max(values)}


def read_summary(rows: list[dict], column: str, name: str) -> dict:
    read = [row[column][name][0] for row in rows]
    missed = [f"{row['index']} {row['source']}" for row in rows if not row[column][name][0]]
    return {"num": sum(read), "of": len(read), "share": round(sum(read) / len(read), 4), "missed": missed}


def progress(items: Iterable) -> Iterable:
    started = time.monotonic()
    for i in items:
        print(f"\rclip {i}, {time.monotonic() - started:.0f} s", end="", file=sys.stderr, flush=True)
        yield i
    print(file=sys.stderr)


def machine() -> dict:
    return {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "av": av.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
    }


def false_reads(num: int, size: Size, *, batch: int = 500) -> dict:
    """`num` windows, each of an unmarked film or one marked under another key, read with a fresh wrong key.

    A window is a picture as the reader whitens it, at one of its zooms; 288 of them are shared out among the keys.
    If wrong words are evenly spread, the checksum's last eight bits agree by chance once in 256: counted as well."""
    rng = generator("watermark bench", "false reads")
    spectra = wrong_spectra(rng, size)
    found = agreed = 0
    for start in range(0, num, batch):
        keys = [rng.bytes(16) for _ in range(min(batch, num - start))]
        soft = np.stack([likeliest_code(spectra[rng.integers(len(spectra))], key) for key in keys])
        errors = [watermark.check_error(key, bits) for key, bits in zip(keys, codes.decode(soft))]
        found += sum(error == 0 for error in errors)
        agreed += sum(error & 255 == 0 for error in errors)
    bound = watermark.false_positive_bound(watermark.MOST_ATTEMPTS)
    return {
        "windows": num,
        "false_reads": found,
        "eight_bits_agree": agreed,
        "expected": round(num / 256, 1),
        "bound_of_a_search": bound,
    }


def wrong_spectra(rng: np.random.Generator, size: Size) -> list[np.ndarray]:
    spectra = []
    for i in range(24):
        clean = list(SOURCES.values())[i % len(SOURCES)](rng, size)
        for film_ in (clean, next(watermark.marked([clean], rng.bytes(16), 1))):
            for frame in film_[:: NUM_FRAMES // 2]:
                picture = watermark.whitened(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
                spectra += [watermark.spectrum(picture, zoom) for zoom in (1.0, *rng.choice(watermark.ZOOMS, 2))]
    return spectra


def likeliest_code(values: np.ndarray, key: bytes) -> np.ndarray:
    """The soft code at the shift where a key's pattern fits best, as an attempt reads it."""
    secrets = watermark.keyed.__wrapped__(key)
    site = watermark.likeliest(values, 1.0, False, secrets)
    return watermark.soft_code(values * watermark.ramp(np.array(site.shift)), secrets)


def milliseconds(num: int = 20) -> dict:
    """Processor time per frame, one thread."""
    spent = {}
    for text in ("640x360", "1280x720", "1920x1080"):
        size = Size.parse(text)
        rng = generator("watermark bench", "speed")
        noise = rng.integers(0, 255, (size.height // 4, size.width // 4, 3), np.uint8)
        frames = [cv2.resize(noise, (size.width, size.height))[None]] * (num + 1)
        stream = watermark.marked(iter(frames), b"key", 1)
        next(stream)  # draws the pattern
        started = time.process_time()
        for _ in stream:
            pass
        spent[text] = round((time.process_time() - started) / num * 1000, 2)
    return spent


def other_row(clean: np.ndarray, payload: int, attacks: dict, index: int) -> dict:
    """The same clip under invisible-watermark: 64 bits in every frame, voted; given the payload to compare with."""
    from imwatermark import WatermarkDecoder, WatermarkEncoder

    encoder, decoder = WatermarkEncoder(), WatermarkDecoder("bits", 64)
    bits = [payload >> i & 1 for i in range(64)]
    encoder.set_watermark("bits", bits)
    film_ = np.stack([encoder.encode(frame[..., ::-1], "dwtDctSvd")[..., ::-1] for frame in clean])
    row = {"other_psnr": round(psnr(clean, film_), 2), "other": {}}
    for name, attack in attacks.items():
        attacked = attack(film_, generator("watermark bench", index, name))[::4]
        if min(attacked.shape[1:3]) ** 2 < 256 * 256:  # the package refuses pictures below 256x256
            attacked = np.stack([cv2.resize(f, (clean.shape[2], clean.shape[1])) for f in attacked])
        votes = np.mean([decoder.decode(np.ascontiguousarray(f[..., ::-1]), "dwtDctSvd") for f in attacked], 0) > 0.5
        row["other"][name] = [votes.astype(int).tolist() == bits]
    return row


def table(record: dict) -> str:
    lines = [
        f"PSNR of the worst frame: {record['psnr']}",
        "| after | read | of | share | other |",
        "|---|---|---|---|---|",
    ]
    for name, read in record["read"].items():
        other = record.get("other", {}).get("read", {}).get(name, {"num": "", "of": ""})
        lines.append(f"| {name} | {read['num']} | {read['of']} | {read['share']:.1%} | {other['num']}/{other['of']} |")
    rest = {k: record[k] for k in ("false_reads", "milliseconds_per_frame")}
    return "\n".join([*lines, json.dumps(rest), json.dumps(record.get("other", {}).get("psnr"))])


if __name__ == "__main__":
    main()
