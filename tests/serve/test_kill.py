"""Workers killed with SIGKILL at random moments: nothing is lost, nothing comes twice, every film is the same to the
byte. The large version is `python bench/kill9.py`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from filmloom.serve.store import Store

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
    asked = kill9.requests(JOBS, kill9.toy(tmp_path / "toy"), seconds=0.5, steps=6)
    (tmp_path / "fire").mkdir()
    found = kill9.run(
        asked, tmp_path / "fire", kills=KILLS, workers=2, seed=3, start="forkserver", limit=240, pause=0.3
    )
    found = kill9.judged(found, kill9.undisturbed(asked, tmp_path / "alone"), Store(tmp_path / "fire/store", spare=0))
    wrong = {name: found[name] for name in ("lost", "delivered_twice", "different", "films_missing")}
    assert wrong == dict.fromkeys(wrong, 0), found
    assert found["kills"] == KILLS and found["attempts"] > found["jobs"] >= JOBS, found
