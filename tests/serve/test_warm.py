"""Models stay loaded within their budget, the one not used for longest goes first, and none that works."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
import torch

from filmloom.generate.prompts import Prompts
from filmloom.models.text_encoder import TextEncoder, TextEncoderConfig
from filmloom.serve.crew import ALIVE, together
from filmloom.serve.warm import Warm

SMALL = TextEncoderConfig(
    width=16, num_layers=1, num_heads=2, mlp_width=16, num_tokens=3, num_buckets=64, num_ngram_buckets=64, hash_width=8
)


def loading(name, device, *, threads):
    return SimpleNamespace(name=name, num_bytes=int(name))


def used(warm, *names):
    for name in names:
        with warm.model(name):
            pass


def test_the_longest_unused_goes_first():
    warm = Warm(budget=100, loading=loading)
    used(warm, "40", "50", "40", "10")
    assert [name for name, _ in warm.names] == ["50", "40", "10"]
    used(warm, "30")
    assert [name for name, _ in warm.names] == ["40", "10", "30"]
    counts = warm.counts()
    assert (counts["hits"], counts["misses"], counts["evictions"], counts["bytes"]) == (1, 4, 1, 80)
    used(warm, "500")
    assert [name for name, _ in warm.names] == ["500"], "larger than the budget, so alone"
    used(warm, "20")
    assert [name for name, _ in warm.names] == ["20"], "and it makes room for the next"


def test_what_is_in_use_stays():
    warm = Warm(budget=50, loading=loading)
    with warm.model("40") as first:
        used(warm, "45", "30")
        assert ("40", "cpu") in warm.names
        with warm.model("40") as again:
            assert again is first
    assert warm.counts()["bytes"] <= 50


def test_two_that_want_the_same_model_load_it_once():
    loads, both = [], threading.Barrier(2)

    def slowly(name, device, *, threads):
        loads.append(name)
        return SimpleNamespace(num_bytes=1)

    warm = Warm(budget=50, loading=slowly)

    def use():
        both.wait()
        used(warm, "a")

    workers = [threading.Thread(target=use) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert loads == ["a"] and warm.counts()["hits"] == 1


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return TextEncoder(SMALL).eval().requires_grad_(False)


def test_a_kept_prompt_is_the_prompt_encoded(encoder):
    prompts = Prompts(room=2)
    for prompt in ("a cat", "a dog", "a cat", "一只猫", "a dog", ""):
        text, fresh = prompts.encoded(encoder, prompt), encoder.encode([prompt])
        assert torch.equal(text.tokens, fresh.tokens) and torch.equal(text.pooled, fresh.pooled)
    assert (prompts.hits, prompts.misses, prompts.evictions) == (1, 5, 3)
    assert prompts.num_bytes == 2 * (3 * 16 + 16) * 4


def test_a_worker_is_there_until_it_leaves_or_is_silent_for_too_long(table, clock):
    table.crew.tell("a", device="cpu", warm={"hits": 2, "misses": 1}, models=("mini",))
    clock += ALIVE - 1
    table.crew.tell("b", device="cuda:0", warm={"hits": 3})
    assert [one.owner for one in table.crew.present()] == ["a", "b"]
    assert together(table.crew.present()) == {"hits": 5, "misses": 1}
    clock += 2
    assert [(one.owner, one.device) for one in table.crew.present()] == [("b", "cuda:0")], "a is silent"
    table.crew.tell("a", device="cpu", warm={"hits": 4}, models=())
    assert together(table.crew.present()) == {"hits": 7}, "its last word counts"
    table.crew.leave("b")
    assert [one.owner for one in table.crew.present()] == ["a"]
