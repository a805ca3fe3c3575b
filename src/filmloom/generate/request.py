"""What a user asks for, and the rules it must keep before anything heavy is loaded."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from numbers import Real
from pathlib import Path

from filmloom.core.errors import CheckpointError, RequestError
from filmloom.core.types import Size
from filmloom.world.scene import Scene, nearest_word

MODES = ("auto", "text", "plan", "draw")
GATES, TRIES = ("off", "retry", "fail"), 3
MODELS = {"mini": Path(__file__).parent.parent / "weights" / "mini"}
SMALLEST, DEFAULT_SIZE, LARGEST = Size(128, 72), Size(1280, 720), Size(1920, 1080)
PROMPT_LIMIT = 512
PUBLIC_PROMPT_LIMIT = 10_000  # characters; the text encoder reads 512 tokens and says how many it left out
PUBLIC_SIDES = (16, 4096)  # pixels
WEIGHTS = (".safetensors", ".pth", ".gguf")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One film. `size` also takes `(1280, 720)` or `"1280x720"`, `fps` also `Fraction(30000, 1001)`.

    `scene` films that Scene, or several one after the other, instead of planning one. `steps`, `guidance` and `shift`
    default to the model's preset; `guidance_high` and `guidance_low` are those of a public model's two experts.
    `start` is a film to begin from, kept the more the smaller `strength` is (1: not at all); `image` a picture for the
    first frame, where the model takes one.
    `within`: seconds in which the film is to be done: the steps are chosen by the time of the first one.
    `gate`: a film that flickers, jumps, drifts or freezes (finishing/report.py, Limits) is made again with the next
    seed, up to three times in all ("retry"), or not written ("fail").
    `threads`: CPU threads of the nets; the last bits of the frames depend on it, so it is part of the request
    (None: the default of the model).
    """

    prompt: str = ""
    size: Size | tuple[int, int] | str = DEFAULT_SIZE
    seconds: float = 4.0
    fps: int | float | Fraction = 30
    seed: int = 0
    mode: str = "auto"
    scene: Scene | Sequence[Scene] | None = None
    steps: int | None = None
    guidance: float | None = None
    guidance_high: float | None = None
    guidance_low: float | None = None
    shift: float | None = None
    negative: str = ""
    start: Path | str | None = None
    strength: float = 0.7
    image: Path | str | None = None
    device: str = "cpu"
    model: str = "mini"
    fast: bool = False
    silent: bool = False
    within: float | None = None
    threads: int | None = None
    gate: str = "off"

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _size(self.size))

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """Those that were given, if any."""
        if self.scene is None:
            return ()
        return (self.scene,) if isinstance(self.scene, Scene) else tuple(self.scene)

    @property
    def scene_words(self) -> str | None:
        """Every word of the scenes that were given, for the house's screen; a scene on each line."""
        return "\n".join(" ".join(_words(asdict(scene))) for scene in self.scenes) or None

    @property
    def attempts(self) -> Iterator[Request]:
        """What the gate lets be tried, in order: the same request with one seed after the other."""
        for number in range(TRIES if self.gate == "retry" else 1):
            yield replace(self, seed=(self.seed + number) % 2**63)

    @property
    def rate(self) -> Fraction:
        """Frames per second as an exact fraction."""
        return _fraction(self.fps)

    @property
    def num_frames(self) -> int:
        """round(seconds x fps), exactly: seconds count as the decimal that was written, not as its binary neighbour."""
        return round(_fraction(self.seconds) * self.rate)


def check(request: Request) -> None:
    """Every field within its rule, or an error with the value, the rule and the nearest that works. Loads nothing."""
    public = is_public_model(model_folder(request.model))
    _check_prompt(request, PUBLIC_PROMPT_LIMIT if public else PROMPT_LIMIT)
    (_check_public_size if public else _check_size)(request.size)
    _check_time(request)
    _check_word("mode", request.mode, MODES)
    _check_scene(request)
    _check_gate(request)
    _check_whole("seed", request.seed, 0, 2**63 - 1)
    _check_whole("steps", request.steps, 1, 100)
    _check_whole("threads", request.threads, 1, 256)
    _check_sampling(request)
    _check_within(request, public=public)
    limit = PUBLIC_PROMPT_LIMIT if public else PROMPT_LIMIT
    if not isinstance(request.negative, str) or len(request.negative) > limit:
        raise RequestError("negative", request.negative, f"it must be a text of at most {limit} characters")
    if not re.fullmatch(r"cpu|mps|cuda(:\d{1,3})?", str(request.device)):
        raise RequestError("device", request.device, "it must be cpu, cuda, cuda:N or mps", "cpu")
    _check_inputs(request, public=public)


def model_folder(name: str | Path) -> Path:
    """Where the weights of a built-in model, or of a folder of ours or of a public layout, lie."""
    if str(name) in MODELS:
        return MODELS[str(name)]
    folder = Path(name)
    if not folder.is_dir():
        known = ", ".join(MODELS)
        raise RequestError(
            "model", str(name), f"it must be {known} or an existing folder", nearest_word(name, [*MODELS])
        )
    if not (folder / "model.json").is_file() and not _holds_weights(folder):
        raise CheckpointError(
            f"{folder} is not a model folder: {folder / 'model.json'} does not exist, nor weights in a public layout."
        )
    return folder


def is_public_model(folder: Path) -> bool:
    """Whether a model folder is a public Wan2.2, in a public layout or converted to ours."""
    record = folder / "model.json"
    if not record.is_file():
        return True
    try:
        return str(json.loads(record.read_text(encoding="utf-8")).get("name", "")).startswith("wan")
    except (ValueError, AttributeError):
        return False  # whoever opens the folder says what is wrong with the file


def _holds_weights(folder: Path) -> bool:
    inside = (path for pattern in ("*", "*/*") for path in folder.glob(pattern))
    return any(path.suffix in WEIGHTS for path in inside)


def nearest_size(size: Size) -> Size:
    """The 16:9 size of even numbers within the limits whose area is nearest."""
    area = max(0, size.width) * max(0, size.height)
    units = min(max(round(math.sqrt(area / (16 * 9))), SMALLEST.width // 16), LARGEST.width // 16)
    units -= units % 2  # 16:9 exactly and even both ways: multiples of 32x18
    return Size(16 * units, 9 * units)


def _size(size: Size | tuple[int, int] | str) -> Size:
    if isinstance(size, Size):
        return size
    if isinstance(size, str):
        return Size.parse(size)
    if isinstance(size, list | tuple) and len(size) == 2:
        return Size(*size)
    raise RequestError("size", size, "it must be (width, height) in pixels", "(1280, 720)")


def _fraction(number: Real) -> Fraction:
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def _check_prompt(request: Request, limit: int) -> None:
    prompt = request.prompt
    if not isinstance(prompt, str):
        raise RequestError("prompt", prompt, "it must be a text")
    if len(prompt) > limit:
        rule = f"it has {len(prompt)} characters and may have {limit}"
        raise RequestError("prompt", prompt, rule, f"its first {limit} characters")
    if not prompt.strip() and request.scene is None:
        raise RequestError("prompt", prompt, "it must say what the film shows", "a girl in a red dress dancing")


def _check_size(size: Size) -> None:
    whole = all(type(side) is int for side in (size.width, size.height))
    nearest = nearest_size(size) if whole else DEFAULT_SIZE
    limits = f"from {SMALLEST} to {LARGEST}"
    if not whole or not (
        SMALLEST.width <= size.width <= LARGEST.width and SMALLEST.height <= size.height <= LARGEST.height
    ):
        raise RequestError("size", str(size), f"it must be whole pixels {limits}", nearest)
    if size.width % 2 or size.height % 2:
        raise RequestError("size", str(size), "width and height must be even", nearest)
    if abs(size.aspect / (16 / 9) - 1) > 0.01:
        raise RequestError("size", str(size), "width to height must be 16:9 within 1 %", nearest)


def _check_public_size(size: Size) -> None:
    """What every public model asks; the whole multiples of each are checked where the model is known."""
    low, high = PUBLIC_SIDES
    sides = (size.width, size.height)
    if not all(type(side) is int and low <= side <= high for side in sides):
        whole = all(type(side) is int for side in sides)
        nearest = Size(*(min(max(side, low), high) for side in sides)) if whole else DEFAULT_SIZE
        raise RequestError("size", str(size), f"each side must be {low} to {high} whole pixels", nearest)


def _check_sampling(request: Request) -> None:
    for field, low, high in (
        ("guidance", 0, 30), ("guidance_high", 0, 30), ("guidance_low", 0, 30), ("shift", 0.1, 30),
    ):  # fmt: skip
        value = getattr(request, field)
        if value is not None:
            _check_real(field, value, low, high)


def _check_within(request: Request, *, public: bool) -> None:
    if request.within is None:
        return
    _check_real("within", request.within, 1, 3600)
    if public:
        raise RequestError("within", request.within, "only mini chooses its steps by the clock", "steps")
    if request.steps is not None:
        raise RequestError("within", request.within, f"steps={request.steps} is chosen already; give one of the two")


def _check_inputs(request: Request, *, public: bool) -> None:
    """Films and pictures to begin from are there; what is in them is read later."""
    _check_real("strength", request.strength, 0.01, 1)
    if request.mode == "draw" and request.start is not None:
        raise RequestError("mode", "draw", "a film to start from is for diffusion, and draw has none", "plan")
    if request.image is not None and not public:
        raise RequestError("image", str(request.image), "mini makes its first frame itself", "start")
    for field in ("start", "image"):
        value = getattr(request, field)
        if value is None:
            continue
        if not isinstance(value, str | Path) or not Path(value).is_file():
            raise RequestError(field, str(value), "it must be an existing file")


def _check_time(request: Request) -> None:
    _check_real("seconds", request.seconds, 0.1, 60)
    _check_real("fps", request.fps, 1, 120)
    if request.num_frames < 1:
        nearest = math.ceil(1000 / request.rate) / 1000
        raise RequestError("seconds", request.seconds, f"at {request.fps} fps it must last at least one frame", nearest)


def _check_scene(request: Request) -> None:
    if request.scene is None:
        return
    given = [request.scene] if isinstance(request.scene, Scene) else request.scene
    if not isinstance(given, list | tuple) or not given or not all(isinstance(scene, Scene) for scene in given):
        raise RequestError("scene", request.scene, "it must be a Scene, or a list of them", "Scene.from_json(text)")
    if request.mode == "text":
        raise RequestError(
            "mode", "text", "it films the prompt and sees no scene; with a scene use plan or draw", "plan"
        )


def _check_gate(request: Request) -> None:
    _check_word("gate", request.gate, GATES)
    if request.gate == "retry" and request.within is not None:
        raise RequestError("gate", "retry", f"trying again takes longer than within={request.within} s", "fail")


def _words(value: object) -> Iterator[str]:
    """The texts in plain values, in order; names such as cherry_garden as words."""
    if isinstance(value, str):
        yield value.replace("_", " ")
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _words(one)


def _check_word(field: str, value: object, words: tuple[str, ...]) -> None:
    if value not in words:
        raise RequestError(field, value, f"it must be one of {', '.join(words)}", nearest_word(value, words))


def _check_whole(field: str, value: object, low: int, high: int) -> None:
    if value is None and field != "seed":
        return
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not low <= value <= high:
        nearest = min(max(value, low), high) if whole else low
        raise RequestError(field, value, f"it must be a whole number from {low} to {high}", nearest)


def _check_real(field: str, value: object, low: float, high: float) -> None:
    number = isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)
    if not number or not low <= value <= high:
        nearest = min(max(value, low), high) if number else low
        raise RequestError(field, value, f"it must be a number from {low:g} to {high:g}", f"{float(nearest):g}")
