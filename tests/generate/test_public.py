"""A public model here is the public model: prompt to frames equal to diffusers, and every way to run it alike."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
import torch

from filmloom.checkpoints.lora import Strength
from filmloom.core.errors import Cancelled, CheckpointError, NumericsError, RequestError, ResourceError
from filmloom.core.types import Size
from filmloom.finishing.mp4 import read_settings, write_mp4
from filmloom.generate.inputs import filled
from filmloom.generate.memory import Choice, Machine
from filmloom.generate.pipeline import load
from filmloom.generate.request import Request
from filmloom.models.wan import MODELS

SIZE = Size(48, 32)
PROMPT, NEGATIVE = "abba ab", "b"


def asked(**fields):
    usual = {"prompt": PROMPT, "negative": NEGATIVE, "size": SIZE, "seconds": 9 / 16, "fps": 16, "seed": 42, "steps": 6}
    return Request(**usual | fields)


@pytest.fixture(scope="module")
def film(diffusers_folder):
    return load(diffusers_folder, text_len=20)


@pytest.fixture(scope="module")
def theirs(diffusers_folder, film):
    return load(diffusers_folder, text_len=20, reference="diffusers")


def parts(folder):
    """diffusers' and transformers' own parts of a folder, and a tokeniser that ends prompts."""
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanTransformer3DModel
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast, UMT5EncoderModel

    words = Tokenizer.from_file(str(folder / "tokenizer" / "tokenizer.json"))
    words.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    names = [name for name in ("transformer", "transformer_2") if (folder / name).is_dir()]
    return {
        "tokenizer": PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="</s>"),
        "text_encoder": UMT5EncoderModel.from_pretrained(folder / "text_encoder", dtype=torch.float32),
        "vae": AutoencoderKLWan.from_pretrained(folder / "vae"),
        **{name: WanTransformer3DModel.from_pretrained(folder / name) for name in names},
        "scheduler": UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=1.0
        ),
    }


def assembled(name, folder, *, shift, **more):
    """One of diffusers' pipelines on a folder, silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import diffusers

        made = parts(folder)
        made["scheduler"].register_to_config(flow_shift=shift)
        pipeline = getattr(diffusers, name)(**made, **more)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="module")
def pipeline(diffusers_folder):
    return assembled("WanPipeline", diffusers_folder, shift=12.0, boundary_ratio=0.875)


def oracle(pipeline, *, size=SIZE, frames=9, seed=42, steps=6, output="pt", **more):
    usual = {"guidance_scale": 4.0, "max_sequence_length": 20, "num_inference_steps": steps}
    usual |= {"guidance_scale_2": 3.0} if pipeline.config.boundary_ratio else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pipeline(
            prompt=PROMPT, negative_prompt=NEGATIVE, height=size.height, width=size.width, num_frames=frames,
            generator=torch.Generator().manual_seed(seed), output_type=output, **usual | more,
        ).frames  # fmt: skip


def assert_close(ours, expected, tolerance=1e-5):
    assert ours.shape == expected.shape
    assert (ours - expected).abs().max() <= tolerance * expected.abs().max()


@pytest.mark.parametrize(
    ("size", "frames", "seed", "steps"),
    [(SIZE, 9, 42, 6), (Size(16, 16), 1, 0, 4), (Size(80, 16), 5, 7, 10), (Size(32, 48), 17, 3, 3)],
)
def test_prompt_to_latent_and_frames_equal_diffusers(theirs, pipeline, size, frames, seed, steps):
    request = asked(size=size, seconds=frames / 16, seed=seed, steps=steps)
    assert theirs.num_frames(request) == frames
    text, negative = theirs.encode_text([PROMPT]), theirs.encode_text([NEGATIVE])
    latent = theirs.denoise(text, negative, theirs.noise(request), request)
    same = {"size": size, "frames": frames, "seed": seed, "steps": steps}
    assert_close(latent, oracle(pipeline, **same, output="latent"))
    pictures = oracle(pipeline, **same)[0].movedim(1, 0)[None]  # [1, 3, F, H, W] in [0, 1]
    assert_close(theirs.decode(latent) / 2 + 0.5, pictures)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    from PIL import Image

    path = tmp_path_factory.mktemp("picture") / "first.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (SIZE.height, SIZE.width, 3), np.uint8)).save(path)
    return path


def test_a_film_on_from_a_picture_equals_diffusers(tiny, picture, tmp_path_factory):
    """I2V-A14B: mask and picture as channels beside the noise; its own boundary, guidance and shift."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = tiny.save_diffusers(tmp_path_factory.mktemp("i2v"), in_channels=36)
    film = load(folder, text_len=20, reference="diffusers")
    assert film.model.name == "wan2.2-i2v-a14b"
    made = film.make(asked(image=picture)).frames
    theirs = assembled(
        "WanImageToVideoPipeline", folder, shift=5.0, boundary_ratio=0.9, image_encoder=None, image_processor=None
    )
    expected = oracle(theirs, image=Image.open(picture), guidance_scale=3.5, guidance_scale_2=3.5)
    assert np.abs(made / 255 - expected[0].movedim(1, -1).numpy()).max() <= 0.5 / 255 + 1e-4
    with pytest.raises(RequestError, match="films on from a picture"):
        film.stream(asked())


@pytest.mark.parametrize("with_picture", [False, True])
def test_the_5b_equals_diffusers_with_and_without_a_picture(tiny, picture, tmp_path_factory, with_picture):
    """TI2V-5B: one transformer, the 48-channel autoencoder; a picture is the first latent frame, held at no noise."""
    from PIL import Image

    wide = MODELS["wan2.2-ti2v-5b"].video_vae
    more = {"in_channels": 12, "out_channels": 12, "patch_size": 2, "scale_factor_spatial": 16, "is_residual": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vae = tiny.video_vae(
            z_dim=48, decoder_base_dim=8, latents_mean=list(wide.mean), latents_std=list(wide.std), **more
        )
        folder = tiny.save_diffusers(
            tmp_path_factory.mktemp("ti2v"), experts=1, vae=vae, in_channels=48, out_channels=48
        )
    film = load(folder, text_len=20, reference="diffusers")
    assert film.model.name == "wan2.2-ti2v-5b"
    size = Size(64, 32)
    request = asked(size=size, fps=24, seconds=9 / 24, image=picture if with_picture else None)
    made = film.make(request).frames
    if with_picture:
        theirs = assembled(
            "WanImageToVideoPipeline", folder, shift=5.0, boundary_ratio=None, expand_timesteps=True,
            image_encoder=None, image_processor=None, transformer_2=None,
        )  # fmt: skip
        first = Image.fromarray(filled(np.asarray(Image.open(picture)), size))
        expected = oracle(theirs, size=size, image=first, guidance_scale=5.0)
    else:
        theirs = assembled(
            "WanPipeline", folder, shift=5.0, boundary_ratio=None, expand_timesteps=True, transformer_2=None
        )
        expected = oracle(theirs, size=size, guidance_scale=5.0)
    assert np.abs(made / 255 - expected[0].movedim(1, -1).numpy()).max() <= 0.5 / 255 + 1e-4


def test_the_stream_is_those_frames(theirs, pipeline):
    frames = theirs.make(asked()).frames
    pictures = oracle(pipeline)[0].movedim(1, -1).numpy()
    assert frames.shape == (9, 32, 48, 3) and np.abs(frames / 255 - pictures).max() <= 0.5 / 255 + 1e-4


def test_every_layout_makes_the_same_film(film, diffusers_folder, original_folder, tmp_path):
    from filmloom.checkpoints.convert import convert
    from filmloom.models.names import TABLES

    expected = film.make(asked()).frames
    # A .pth has no config, so its latents' mean and deviation are the published ones: compare what the two share.
    ours = convert(diffusers_folder, tmp_path / "ours", "ours", TABLES)
    assert np.array_equal(load(tmp_path / "ours", text_len=20).make(asked()).frames, expected), ours
    other = load(original_folder, text_len=20)
    request = asked()
    text, negative = (film.encode_text([one]) for one in (PROMPT, NEGATIVE))
    noise = film.noise(request)
    assert torch.equal(other.encode_text([PROMPT]).tokens, text.tokens)
    latents = [one.denoise(text, negative, noise, request) for one in (film, other)]
    assert torch.equal(*latents)


CHOICES = [
    Choice(weights="swap", ahead=True),
    Choice(weights="layerwise", held=True),
    Choice(weights="layerwise", ahead=False, text_encoder="layerwise"),
    Choice(text_encoder="memory", autoencoder="streamed"),
]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_where_weights_are_changes_no_bit(film, diffusers_folder, choice):
    other = load(diffusers_folder, text_len=20, choice=choice)
    assert np.array_equal(other.make(asked()).frames, film.make(asked()).frames)


def test_a_feed_forward_in_parts_is_the_same_but_for_rounding(film, diffusers_folder):
    other = load(diffusers_folder, text_len=20, choice=Choice(feed_forward_parts=4))
    text, negative = film.encode_text([PROMPT]), film.encode_text([NEGATIVE])
    latents = [one.denoise(text, negative, one.noise(asked()), asked()) for one in (other, film)]
    assert_close(*latents)


@pytest.mark.parametrize("stop_after", [1, 3, 5])
def test_an_interrupted_film_goes_on_to_the_same_bits(film, monkeypatch, tmp_path, stop_after):
    monkeypatch.setenv("FILMLOOM_HOME", str(tmp_path))
    expected, steps = film.make(asked(seed=9)).frames, []

    def interrupt(progress):
        if progress.stage == "denoise" and progress.done == stop_after:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        film.make(asked(seed=9), interrupt)
    assert len(list((tmp_path / "unfinished").glob("*.safetensors"))) == 1
    other = film.make(asked(seed=10)).frames  # another request does not take it up
    assert not np.array_equal(other, expected)
    again = film.make(asked(seed=9), lambda p: steps.append(p.done) if p.stage == "denoise" and p.done else None)
    assert np.array_equal(again.frames, expected)
    assert steps == list(range(stop_after + 1, 7)) and not list((tmp_path / "unfinished").iterdir())


def test_an_explicit_state_of_another_request_is_refused(film, tmp_path):
    state, request = tmp_path / "state.safetensors", asked()
    text, negative, noise = film.encode_text([PROMPT]), film.encode_text([NEGATIVE]), film.noise(request)

    def stop(step, *rest):
        if step == 2:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        film.denoise(text, negative, noise, request, state=state, on_step=stop)
    with pytest.raises(CheckpointError, match="request is"):
        film.denoise(text, negative, noise, dataclasses.replace(request, guidance=2.0), state=state)
    assert torch.equal(
        film.denoise(text, negative, noise, request, state=state), film.denoise(text, negative, noise, request)
    )


def test_previews_show_every_step(film):
    seen = []
    film.make(asked(), lambda p: seen.append(p.preview) if p.stage == "denoise" and p.done else None)
    assert len(seen) == 6 and all(one.shape == (4, 6, 3) and one.dtype == np.uint8 for one in seen)


def test_the_usual_negative_prompt_is_the_references(film, theirs):
    assert film.walk(asked(negative="")).negative == film.model.preset.negative
    assert theirs.walk(asked(negative="")).negative == ""
    assert film.walk(asked()).negative == NEGATIVE


def test_wishes_go_over_the_preset(film):
    usual = film.walk(Request(prompt=PROMPT, size=SIZE))
    assert (usual.preset.steps, usual.preset.shift, usual.num_prompts) == (40, 12.0, 2)
    assert (usual.preset.guidance_high, usual.preset.guidance_low) == (4.0, 3.0)
    other = film.walk(asked(guidance=2.0, guidance_low=1.0, shift=5.0)).preset
    assert (other.guidance_high, other.guidance_low, other.shift, other.steps) == (2.0, 1.0, 5.0, 6)
    fast = film.walk(asked(fast=True, steps=None))
    assert (fast.preset.sampler, fast.num_steps, fast.num_prompts) == ("euler", 4, 1)
    assert fast.sigmas.tolist() == pytest.approx([1, 0.9375, 0.8333333, 0.625, 0])


def test_the_fast_form_runs_unguided(film):
    assert film.make(asked(fast=True, steps=None)).frames.shape == (9, 32, 48, 3)


def test_a_film_at_another_rate_is_interpolated_and_says_so(film):
    native, other = film.make(asked(seconds=0.5)), film.make(asked(seconds=0.5, fps=30))
    assert (len(native.frames), len(other.frames)) == (8, 15)
    assert not native.settings["interpolated"] and other.settings["interpolated"]
    assert np.array_equal(other.frames[0], native.frames[0])


def test_a_film_starts_from_another(film, tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (12, 32, 48, 3), np.uint8)
    draft = write_mp4(tmp_path / "draft.mp4", [frames], size=SIZE, fps=16, metadata={})
    films = {s: film.make(asked(start=draft, strength=s)).frames for s in (0.9, 1.0)}
    assert np.array_equal(films[1.0], film.make(asked()).frames)
    assert not np.array_equal(films[0.9], films[1.0])
    # With next to no noise on it, the start is what comes out.
    request = asked(steps=50, shift=1.0, strength=0.02)
    start = film.encode(torch.rand(1, 3, 9, 32, 48) * 2 - 1)
    text = film.encode_text([PROMPT])
    made = film.denoise(text, None, film.noise(request), request, start=start)
    assert (made - start).abs().mean() < 0.2 * start.abs().mean()


def test_an_adapter_changes_the_expert_it_is_for(film, diffusers_folder, tmp_path):
    import safetensors.torch

    factors = {
        "diffusion_model.blocks.0.ffn.0.lora_down.weight": torch.randn(2, 24),
        "diffusion_model.blocks.0.ffn.0.lora_up.weight": torch.randn(32, 2),
    }
    safetensors.torch.save_file(factors, tmp_path / "style.safetensors")
    plain = film.make(asked()).frames
    other = load(diffusers_folder, text_len=20)
    other.adapt((tmp_path / "style.safetensors", Strength(1.0, 0.0)))
    styled = other.make(asked())
    assert not np.array_equal(styled.frames, plain) and styled.settings["sampling"] is not None
    assert styled.settings["adapters"] == ["style.safetensors (1, 0)"]
    other.adapt((tmp_path / "style.safetensors", Strength(0.0, 0.0)))
    assert np.array_equal(other.make(asked()).frames, plain)
    other.adapt()
    assert np.array_equal(other.make(asked()).frames, plain)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"mode": "draw"}, "films from the text alone"),
        ({"size": (50, 32)}, "whole multiples of 16"),
        ({"size": (8, 8)}, "16 to 4096"),
        ({"seconds": 6}, "at most 81 frames at 16 fps"),
        ({"prompt": ""}, "must say what"),
        ({"guidance_high": -1}, "0 to 30"),
        ({"image": __file__}, "takes no picture"),
    ],
)
def test_what_the_model_cannot_do_is_refused_before_weights_are_read(film, monkeypatch, fields, rule):
    monkeypatch.setattr(type(film.folder), "load", lambda *_: pytest.fail("weights were read"))
    with pytest.raises(RequestError, match=rule):
        film.stream(asked(**fields))


def test_too_little_memory_is_said_before_weights_are_read(film, monkeypatch):
    monkeypatch.setattr("filmloom.generate.public.this_machine", lambda device: Machine(vram=None, ram=10**6))
    with pytest.raises(ResourceError, match="need"):
        film.stream(asked())


def test_broken_numbers_are_named_by_step_expert_and_type(diffusers_folder):
    film = load(diffusers_folder, text_len=20)
    text, request = film.encode_text([PROMPT]), asked()
    noise = film.noise(request)
    noise[0, 0, 0, 0, 0] = float("nan")
    with pytest.raises(NumericsError, match=r"step 1 of 6 .*high-noise expert, float32, attention sdpa"):
        film.denoise(text, text, noise, request)


def test_settings_tell_what_was_done_and_travel_in_the_file(film, tmp_path):
    film.write(asked(), tmp_path / "film.mp4")
    settings = read_settings(tmp_path / "film.mp4")
    assert settings["model"] == "wan2.2-t2v-a14b" and settings["made_by"].startswith("latent diffusion")
    assert settings["sampling"]["boundary"] == 0.875 and settings["sampling"]["reference"] == "original"
    assert settings["filmed"] == "9 frames at 16 fps"
