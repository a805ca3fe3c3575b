"""`filmloom models budget` says what `choose` says; what cannot fit exits with 4 and says what would."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from filmloom.core.types import Size
from filmloom.generate.memory import Machine, Run, choose
from filmloom.models.wan import MODELS

FILM = ("wan2.2-t2v-a14b", "--size", "832x480", "--frames", "81")


def budget(*words):
    program = "import sys; from filmloom.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", program, "models", "budget", *words], capture_output=True, text=True)


@pytest.mark.parametrize(("vram", "ram"), [(80, 256), (24, 64), (0, 128)])
def test_json_is_the_choice_that_a_run_makes(vram, ram):
    done = budget(*FILM, "--vram", str(vram), "--ram", str(ram), "--json")
    assert done.returncode == 0, done.stderr
    run = Run(model=MODELS[FILM[0]], size=Size(832, 480), frames=81, on_gpu=vram > 0)
    choice, found = choose(run, Machine(vram=vram * 10**9 if vram else None, ram=ram * 10**9))
    told = json.loads(done.stdout)
    assert told["choice"]["weights"] == choice.weights
    assert [stage["name"] for stage in told["stages"]] == [stage.name for stage in found.stages]


def test_text_names_stages_and_choice():
    done = budget(*FILM, "--vram", "48", "--ram", "96")
    assert done.returncode == 0 and all(w in done.stdout for w in ("text encoder", "transformer high", "autoencoder"))


def test_what_cannot_fit_says_what_would():
    done = budget(*FILM, "--vram", "4", "--ram", "8")
    assert done.returncode == 4 and "missing" in done.stderr and "fits" in done.stderr


@pytest.mark.parametrize("words", [("wan3",), (*FILM[:3], "--frames", "80"), (FILM[0], "--size", "833x480")])
def test_a_wrong_question_is_refused(words):
    done = budget(*words)
    assert done.returncode == 2 and "Nearest" in done.stderr
