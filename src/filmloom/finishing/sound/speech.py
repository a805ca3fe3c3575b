"""Speech and outside sound models: two small protocols, and espeak-ng, which speaks offline wherever it is installed.

    voice = Espeak()
    voice("The sea is calm tonight.", "en")          → Audio, 48 kHz

Any function of the right shape is a voice.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from filmloom.core.errors import RequestError, UserError
from filmloom.core.types import Audio
from filmloom.finishing.sound.match import Cue
from filmloom.finishing.sound.mix import RATE, mixed, num_samples
from filmloom.finishing.sound.track import delayed, resampled


class Voice(Protocol):
    """Speaks `text` in a language given as BCP 47 ("en", "zh", "pt-BR"), or raises RequestError for one it does not
    know."""

    def __call__(self, text: str, language: str) -> Audio: ...


class SoundModel(Protocol):
    """An outside model that makes a soundtrack: what is seen, what happens when, and how long; any rate and channels.

    `frames()` starts the film anew as uint8 chunks [f, h, w, 3] RGB, for models that look."""

    def __call__(
        self, prompt: str, cues: Sequence[Cue], seconds: Fraction, *, frames: Callable | None, seed: int
    ) -> Audio: ...


# Where espeak-ng's name of a language is not its BCP 47 code.
ESPEAK_NAMES = {"zh": "cmn", "zh-cn": "cmn", "zh-tw": "cmn", "zh-hk": "yue", "no": "nb", "pt-pt": "pt", "en": "en-us"}


@dataclass(frozen=True)
class Espeak:
    """A `Voice` by the program espeak-ng. `words_per_minute` 80..450, `pitch` 0..99."""

    words_per_minute: int = 160
    pitch: int = 50
    program: str = "espeak-ng"

    def __call__(self, text: str, language: str) -> Audio:
        program = shutil.which(self.program)
        if program is None:
            raise UserError(
                f"{self.program} is not installed; install it (Debian: apt install espeak-ng) or give another Voice."
            )
        if not text.strip():
            raise RequestError("text", text, "there must be words to speak")
        name = self.check(language)
        command = [program, "-v", name, "-s", str(self.words_per_minute), "-p", str(self.pitch), "--stdin", "--stdout"]
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=120)
        if done.returncode or not done.stdout:
            raise UserError(f"espeak-ng could not speak {language!r} ({done.stderr.decode(errors='replace').strip()}).")
        return resampled(_from_wav(done.stdout), RATE)

    def check(self, language: str) -> str:
        """espeak-ng's name of the language."""
        wanted = ESPEAK_NAMES.get(language.lower(), language.lower())
        known = self.languages()
        found = next((name for name in (wanted, wanted.split("-")[0]) if name in known), None)
        if found is None:
            near = [name for name in known if name.startswith(wanted[:2])]
            raise RequestError("language", language, "espeak-ng has no voice for it", ", ".join(near or known))
        return found

    def languages(self) -> list[str]:
        """Names of the languages that the installed espeak-ng speaks."""
        done = subprocess.run([self.program, "--voices"], capture_output=True, text=True, check=True, timeout=60)
        return re.findall(r"^\s*\d+\s+(\S+)", done.stdout, re.M)


def _from_wav(data: bytes) -> Audio:
    """16-bit PCM. A stream's header does not know its length (espeak-ng writes a huge one); what came is taken."""
    with wave.open(io.BytesIO(data)) as file:
        assert file.getsampwidth() == 2, file.getsampwidth()
        channels, rate = file.getnchannels(), file.getframerate()
    start = data.index(b"data") + 8
    num = (len(data) - start) // (2 * channels)
    pcm = np.frombuffer(data, "<i2", num * channels, start)
    return Audio((pcm.reshape(-1, channels).T / 32768).astype(np.float32), rate)


@dataclass(frozen=True)
class Line:
    """Words of a voice-over, spoken from `time` seconds on."""

    time: float
    text: str
    language: str = "en"


def voice_over(lines: Sequence[Line], voice: Voice, seconds: float | Fraction) -> Audio:
    """All lines in stereo, each from its time, for a film of `seconds`. A line that is cut off by the film's end is
    refused."""
    num = num_samples(seconds)
    parts = [Audio.silence(num)]
    for line in lines:
        spoken = delayed(resampled(voice(line.text, line.language), RATE), line.time)
        if spoken.num_samples > num:
            over = spoken.seconds - float(seconds)
            latest = line.time - over
            nearest = f"time {latest:.2f}" if latest >= 0 else f"a film of {spoken.seconds - line.time:.2f} s"
            raise RequestError("voice", line.text, f"it ends {over:.2f} s after the film", nearest)
        parts.append(spoken)
    return mixed(parts, num=num)
