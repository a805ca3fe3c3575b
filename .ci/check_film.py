"""Is the film what README promises? `check_film.py FILE`: 4 s, 1280x720, exactly 30 fps, H.264, tagged, faststart."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import av

BT709 = 1  # ITU-T H.273: the code of BT.709 for primaries, transfer and matrix alike
LIMITED = 1  # libavutil's AVCOL_RANGE_MPEG


def main(path: Path) -> None:
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        context = stream.codec_context
        facts = {
            "codec": (context.name, "h264"),
            "size": ((context.width, context.height), (1280, 720)),
            "rate": (stream.average_rate, Fraction(30)),
            "pixels": (context.pix_fmt, "yuv420p"),
            "primaries": (int(context.color_primaries), BT709),
            "transfer": (int(context.color_trc), BT709),
            "matrix": (int(context.colorspace), BT709),
            "range": (int(context.color_range), LIMITED),
            "duration": (Fraction(stream.duration) * stream.time_base, Fraction(4)),
            "frames": (sum(1 for _ in film.decode(stream)), 120),
        }
    boxes = [name for name in top_level_boxes(path) if name in ("moov", "mdat")]
    facts["faststart"] = (boxes, ["moov", "mdat"])
    wrong = [f"{name} is {found}, not {wanted}" for name, (found, wanted) in facts.items() if found != wanted]
    if wrong:
        sys.exit(f"{path}: " + "; ".join(wrong))
    print(f"{path}: {', '.join(f'{name} {found}' for name, (found, _) in facts.items())}")


def top_level_boxes(path: Path) -> list[str]:
    """Names of an MP4's boxes in order. ISO/IEC 14496-12: 4 bytes of length, 4 of name; length 1 means 8 more."""
    names, data = [], path.read_bytes()
    at = 0
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8].decode("latin-1")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        names.append(name)
        at += length or len(data)
    return names


main(Path(sys.argv[1]))
