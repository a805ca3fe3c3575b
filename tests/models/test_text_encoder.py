"""The text encoder sees the text and nothing else: not its padding, its neighbours or the time of day."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from filmloom.core.errors import RequestError
from filmloom.models.text_encoder import Text, TextEncoder, TextEncoderConfig, tokenise

CONFIG = TextEncoderConfig(
    width=32,
    num_layers=2,
    num_heads=2,
    mlp_width=48,
    num_tokens=6,
    num_buckets=512,
    num_ngram_buckets=512,
    hash_width=16,
)
LONG = "a girl in a red dress dances under the cherry tree while petals fall around her, soft morning light, slow pan"
CHINESE = "一位穿红色连衣裙的女孩在春天的樱花树下跳舞,微风吹起她的发丝,阳光洒落。"


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return TextEncoder(CONFIG).eval()


@torch.no_grad()
def test_any_length_gives_the_same_number_of_tokens(encoder):
    text = encoder.encode(["cat", LONG, CHINESE, ""])
    assert text.tokens.shape == (4, 6, 32) and text.pooled.shape == (4, 32)
    assert text.tokens.isfinite().all() and text.pooled.isfinite().all()


@torch.no_grad()
@pytest.mark.parametrize("prompt", ["cat", CHINESE, LONG, ""])
def test_padding_and_neighbours_do_not_change_an_encoding(encoder, prompt):
    alone, beside = encoder.encode([prompt]), encoder.encode([prompt, LONG * 3])[:1]
    torch.testing.assert_close(alone.tokens, beside.tokens, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(alone.pooled, beside.pooled, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_same_prompt_twice_is_bit_equal(encoder):
    assert torch.equal(encoder.encode([LONG]).tokens, encoder.encode([LONG]).tokens)


@torch.no_grad()
def test_order_matters_and_spelling_variants_do_not(encoder):
    first, second, loud = (
        encoder.encode([p]).pooled for p in ("red car blue sky", "blue car red sky", " Red CAR  blue sky")
    )
    assert (first - second).abs().max() > 1e-3
    assert torch.equal(first, loud)


@torch.no_grad()
def test_an_empty_prompt_is_the_null(encoder):
    null = encoder.null(2)
    torch.testing.assert_close(encoder.encode(["", "  \n"]).tokens, null.tokens)
    torch.testing.assert_close(encoder.encode(["", "  \n"]).pooled, null.pooled)


def test_a_prompt_may_have_512_characters_and_no_more():
    assert tokenise(["漢" * 512], CONFIG)[1].sum() == 512
    with pytest.raises(RequestError, match=r"513 characters and may have 512"):
        tokenise(["漢" * 513], CONFIG)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=100))
def test_every_string_has_buckets_within_the_table(prompt):
    ids, mask = tokenise([prompt], CONFIG)
    assert ids.shape[1] % 16 == 0 and ids.min() >= 0 and ids.max() < CONFIG.num_buckets
    assert torch.equal(mask, ids > 0)


@torch.no_grad()
def test_rows_can_be_picked_stacked_and_swapped(encoder):
    cat, dog = encoder.encode(["cat"]), encoder.encode(["dog"])
    both = Text.stack([cat, dog])
    assert len(both) == 2 and torch.equal(both[1:].tokens, dog.tokens)
    swapped = both.where(torch.tensor([True, False]), encoder.null(2))
    assert torch.equal(swapped[:1].tokens, cat.tokens)
    torch.testing.assert_close(swapped[1:].pooled, encoder.null(1).pooled)


def test_every_parameter_learns(encoder):
    text = encoder.encode(["a cat", ""])
    (text.tokens.square().sum() + text.pooled.square().sum()).backward()
    assert all(parameter.grad is not None for parameter in encoder.parameters())
