"""Workers, the server, or both killed with SIGKILL at random moments: nothing is lost, nothing comes twice, every film
is the same to the byte. The large version is `python bench/kill9.py`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench/kill9.py"
KILLS, JOBS = 8, 4


@pytest.fixture(scope="module")
def kill9():
    spec = importlib.util.spec_from_file_location("kill9", BENCH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["kill9"] = module
    spec.loader.exec_module(module)
    return module


def test_eight_kills(kill9, tmp_path):
    asked = kill9.requests(JOBS)
    for name in ("fire", "alone"):
        (tmp_path / name).mkdir()
    found = kill9.run(asked, tmp_path / "fire", kills=KILLS, workers=2, seed=3, limit=240, pause=1.0)
    found = kill9.judged(found, kill9.undisturbed(asked, tmp_path / "alone"))
    wrong = kill9.failings(found)
    assert wrong == dict.fromkeys(wrong, 0), found
    kills = found["kills"]
    assert kills["all"] >= KILLS and kills["worker"] and kills["server"], found
    assert found["attempts"] >= found["jobs"] >= JOBS and found["server_starts"] > kills["server"], found
