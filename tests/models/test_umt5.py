"""The public text encoder equals transformers' and diffusers' way with a prompt, and its zeros are zeros."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from filmloom.core.errors import CheckpointError, UserError
from filmloom.models.umt5 import UMT5, UMT5_XXL, clean, open_tokenizer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")
pytest.importorskip("ftfy")

TINY = {
    "vocab_size": 99,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 40,
    "num_layers": 3,
    "num_heads": 6,  # 6 x 8 is not 32: a transposed weight cannot hide
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "feed_forward_proj": "gated-gelu",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz,.&<>'é一位女孩"
PROMPTS = ["a red fox", "", "snow &amp;amp; wind, 一位女孩", "the   quick\tbrown fox\njumps " * 9]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tokenizer folder as transformers writes it: unigram pieces, metaspace, the end of text appended."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(letter, -4.0) for letter in LETTERS] + [("▁" + letter, -3.5) for letter in LETTERS[:26]]
    model = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, unk_id=3, byte_fallback=False))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    model.decoder = tokenizers.decoders.Metaspace()
    model.post_processor = tokenizers.processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    path = tmp_path_factory.mktemp("tokenizer")
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=model, pad_token="<pad>", eos_token="</s>")
    fast.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def theirs():
    torch.manual_seed(0)
    model = transformers.UMT5EncoderModel(transformers.UMT5Config(**TINY)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


@pytest.fixture(scope="module")
def encoder(theirs, folder):
    return weighed(UMT5(TINY, open_tokenizer(folder), text_len=20), theirs)


def weighed(encoder: UMT5, theirs) -> UMT5:
    state = {name: tensor for name, tensor in theirs.state_dict().items() if name != "encoder.embed_tokens.weight"}
    encoder.load_state_dict(state, strict=True, assign=True)
    return encoder


def diffusers_way(theirs, folder, prompts, text_len: int):
    """Padded ids and a mask through the whole model, then rows beyond each prompt's length set to zero."""
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    told = tokenizer(
        [clean(prompt) for prompt in prompts],
        padding="max_length", max_length=text_len, truncation=True, return_attention_mask=True, return_tensors="pt",
    )  # fmt: skip
    with torch.no_grad():
        tokens = theirs(told.input_ids, told.attention_mask).last_hidden_state
    return told.input_ids, tokens * told.attention_mask[..., None]


@pytest.mark.parametrize("text_len", [20, 512])
def test_encoding_equals_padding_masking_and_zeroing(theirs, folder, encoder, text_len):
    encoder = weighed(UMT5(TINY, open_tokenizer(folder), text_len=text_len), theirs)
    ids, truth = diffusers_way(theirs, folder, PROMPTS, text_len)
    text = encoder.encode(PROMPTS)
    assert text.tokens.shape == (4, text_len, 32)
    assert (text.tokens - truth).abs().max() < 2e-5 * truth.abs().max()
    for prompt, row, tokens in zip(PROMPTS, ids.tolist(), text.tokens):
        mine = encoder.ids(prompt)
        assert row == mine + [0] * (text_len - len(mine))
        assert torch.equal(tokens[len(mine) :], torch.zeros(text_len - len(mine), 32))
        assert tokens[: len(mine)].abs().amax(dim=1).min() > 0


@torch.no_grad()
@pytest.mark.parametrize("length", [1, 7, 250, 300])
def test_every_distance_bucket_equals_transformers(theirs, encoder, length):
    ids = torch.randint(4, 99, (2, 300), generator=torch.Generator().manual_seed(length))
    mask = (torch.arange(300) < length).long().expand(2, -1)
    truth = theirs(ids, mask).last_hidden_state[:, :length]
    assert (encoder(ids[:, :length]) - truth).abs().max() < 2e-5 * truth.abs().max()


def test_a_prompts_bits_do_not_depend_on_its_neighbours(encoder):
    together = encoder.encode(PROMPTS)
    for row, prompt in enumerate(PROMPTS):
        assert torch.equal(encoder.encode([prompt]).tokens[0], together.tokens[row])
    assert not together.tokens.requires_grad


def test_pooled_is_there_and_zero_and_a_text_moves_whole(encoder):
    text = encoder.encode(PROMPTS[:2], "cpu").to(torch.bfloat16)
    assert text.tokens.dtype == text.pooled.dtype == torch.bfloat16
    assert torch.equal(text.pooled, torch.zeros(2, 32, dtype=torch.bfloat16))


def test_a_long_prompt_is_cut_and_still_ends(encoder):
    ids, whole = encoder.ids(PROMPTS[3]), encoder.num_tokens(PROMPTS[3])
    assert len(ids) == 20 < whole
    assert ids[-1] == 1 and 1 not in ids[:-1]
    assert encoder.ids("") == [1]
    assert encoder.num_tokens("a fox") == len(encoder.ids("a fox"))


def test_half_precision_weights_give_half_precision_tokens(theirs, folder, encoder):
    half = weighed(UMT5(TINY, open_tokenizer(folder), text_len=20), theirs).to(torch.bfloat16)
    tokens, exact = half.encode(PROMPTS).tokens, encoder.encode(PROMPTS).tokens
    assert tokens.dtype == torch.bfloat16
    assert torch.nn.functional.cosine_similarity(tokens.float().flatten(), exact.flatten(), dim=0) > 0.99


def test_the_published_encoder_has_242_tensors_and_takes_no_memory_before_its_weights():
    with torch.device("meta"):
        encoder = UMT5(UMT5_XXL, None)
    state = encoder.state_dict()
    assert len(state) == 242
    assert {tensor.device.type for tensor in state.values()} == {"meta"}
    assert sum(tensor.numel() for tensor in state.values()) == 5_680_910_336
    assert state["shared.weight"].shape == (256384, 4096)
    assert state["encoder.block.23.layer.0.SelfAttention.relative_attention_bias.weight"].shape == (32, 64)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("  a  red\t\nfox ", "a red fox"),
        ("salt &amp;amp; pepper", "salt & pepper"),
        ("&amp;lt;b&amp;gt; &quot;x&quot;", '<b> "x"'),
        ("schÃ¶n", "schön"),  # UTF-8 read as Latin-1
        ("a\u00a0wide\u3000space", "a wide space"),
        ("Keep THIS Case", "Keep THIS Case"),
        ("一位女孩，跳舞。", "一位女孩,跳舞。"),  # ftfy makes full-width forms narrow
        ("&nbsp;", ""),
        ("", ""),
    ],
)
def test_cleaning(said, meant):
    assert clean(said) == meant
    assert clean(meant) == meant


def test_cleaning_equals_diffusers():
    pipeline = pytest.importorskip("diffusers.pipelines.wan.pipeline_wan")
    for prompt in [*PROMPTS, "schÃ¶n &amp;amp; gut", " x y ", "“quotes” … ﬁne"]:
        assert clean(prompt) == pipeline.prompt_clean(prompt)


def test_a_folder_without_a_tokenizer_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"tokenizer\.json does not exist"):
        open_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json is not a tokenizer"):
        open_tokenizer(tmp_path)


@pytest.mark.parametrize("absent", ["tokenizers", "ftfy"])
def test_an_absent_package_is_named_with_what_to_install(absent, monkeypatch, folder):
    needs = {
        "tokenizers": lambda: open_tokenizer(folder),
        "ftfy": lambda: clean("x"),
    }
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(UserError, match=rf"need {absent}: pip install 'filmloom\[wan\]'"):
        needs[absent]()


def test_building_the_encoder_imports_neither_transformers_nor_torchs_compiler():
    code = (
        "import sys, torch; from filmloom.models.umt5 import UMT5, UMT5_XXL\n"
        "with torch.device('meta'): UMT5(UMT5_XXL, None)\n"
        "print({'transformers', 'torch._dynamo.convert_frame'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_importing_the_encoder_imports_none_of_them():
    code = "import sys, filmloom.models.umt5; print({'transformers', 'tokenizers', 'ftfy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.skipif("FILMLOOM_TEST_TOKENIZER" not in os.environ, reason="FILMLOOM_TEST_TOKENIZER names no folder")
def test_the_published_tokenizer():
    tokenizer = open_tokenizer(Path(os.environ["FILMLOOM_TEST_TOKENIZER"]))
    assert [tokenizer.token_to_id(piece) for piece in ("<pad>", "</s>")] == [0, 1]
    assert tokenizer.get_vocab_size() <= UMT5_XXL["vocab_size"]
    with torch.device("meta"):
        encoder = UMT5(TINY, tokenizer)
    assert encoder.ids("")[-1] == 1
    ids = encoder.ids("一位穿红色连衣裙的女孩 dances " * 200)
    assert len(ids) == 512 and ids[-1] == 1
    assert tokenizer.decode(encoder.ids("a red fox")) == "a red fox"
