"""The public transformer, and the whole way from a new process to frames, ours beside diffusers': same weights, same
inputs, same machine, same run, equal results asserted before anything is timed.

    python bench/beside_diffusers.py [--quick] [--threads 2] [--rounds 7] [--only forward|process]

Forward: a Wan of about 60 million parameters, random weights, several thousand tokens. `text prepared` keeps the keys
and values of the prompt between steps, as a film does. Process: a folder in diffusers' layout, two experts, guidance;
each round is two new processes that import, load, sample, decode and write their frames: filmloom.load(...).make(...)
and WanPipeline.from_pretrained(...)(...). Rounds alternate, so that what else the machine does falls on both.

`ratio` is diffusers' seconds over ours, least and median of the rounds. Processor seconds (all threads together) are
printed beside the clock's: on a busy machine only they mean something. Writes bench/results/beside_diffusers.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from filmloom.checkpoints.rename import rename
from filmloom.models.dit import DiT, DiTConfig
from filmloom.models.names.transformer import TABLE

RESULTS = Path(__file__).parent / "results" / "beside_diffusers.json"
SIZES = {  # heads, layers, feed-forward, text width
    "60M": {"num_attention_heads": 5, "num_layers": 8, "ffn_dim": 2560, "text_dim": 512},
    "tiny": {"num_attention_heads": 2, "num_layers": 2, "ffn_dim": 512, "text_dim": 64},
}
PROMPT, NEGATIVE, WORDS = "a red fox runs across the snow at dawn", "blurred", 60
VOCABULARY = [["<pad>", 0.0], ["</s>", 0.0], ["<s>", 0.0], ["<unk>", 0.0], ["▁", -2.0]]
OURS = """
import json, sys
import numpy as np
import filmloom
folder, out, asked = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
film = filmloom.load(folder, reference="diffusers", threads=asked["threads"])
request = filmloom.Request(
    prompt=asked["prompt"], negative=asked["negative"], size=(asked["width"], asked["height"]),
    seconds=asked["frames"] / 16, fps=16, steps=asked["steps"], seed=7, silent=True)
np.save(out, film.make(request).frames)
"""
THEIRS = """
import json, sys
import numpy as np, torch
from diffusers import WanPipeline
folder, out, asked = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
torch.set_num_threads(asked["threads"])
pipe = WanPipeline.from_pretrained(folder, torch_dtype=torch.float32)
frames = pipe(
    prompt=asked["prompt"], negative_prompt=asked["negative"], height=asked["height"], width=asked["width"],
    num_frames=asked["frames"], num_inference_steps=asked["steps"], guidance_scale=4.0, guidance_scale_2=3.0,
    generator=torch.Generator().manual_seed(7), output_type="np").frames
np.save(out, frames[0])
"""


def main() -> None:
    options = parsed()
    torch.set_num_threads(options.threads)
    rows = []
    if options.only != "process":
        for dtype in options.dtype:
            rows += forward_rows(options, getattr(torch, dtype))
    if options.only != "forward":
        for name in options.process:
            rows += process_rows(options, name)
    print(table(rows))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    record = {"command": " ".join(["python", *sys.argv]), "machine": machine(options.threads), "rows": rows}
    options.out.write_text(json.dumps(record, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--quick", action="store_true", help="tiny sizes and two rounds: does it run?")
    made.add_argument("--only", choices=("forward", "process"))
    made.add_argument("--threads", type=int, default=torch.get_num_threads())
    made.add_argument("--rounds", type=int)
    made.add_argument("--latent", help="latent frames x rows x columns of the forward")
    made.add_argument("--dtype", nargs="+", choices=("float32", "bfloat16"), default=["float32", "bfloat16"])
    made.add_argument("--process", nargs="+", choices=list(SIZES), help="models of the whole process")
    made.add_argument("--film", help="frames x height x width of the 60M process")
    made.add_argument("--steps", type=int, default=4)
    made.add_argument("--out", type=Path, default=RESULTS)
    options = made.parse_args()
    options.model = "tiny" if options.quick else "60M"
    options.rounds = options.rounds or (2 if options.quick else 7)
    options.latent = sizes(options.latent or ("3x8x8" if options.quick else "9x32x56"))
    options.film = sizes(options.film or "33x256x448")
    options.process = options.process or (["tiny"] if options.quick else ["tiny", "60M"])
    return options


def sizes(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))


# One forward.


@torch.no_grad()
def forward_rows(options: argparse.Namespace, dtype: torch.dtype) -> list[dict]:
    theirs, ours, parameters = transformers(options.model, dtype)
    generator = torch.Generator().manual_seed(1)
    latent = torch.randn(1, 16, *options.latent, generator=generator).to(dtype)
    text = torch.randn(1, 512, ours.config.text_width, generator=generator).to(dtype)
    text[:, WORDS:] = 0  # beyond a prompt, as the pipeline leaves it
    sigma, prepared = torch.tensor([0.9], dtype=torch.float64), ours.prepared(text)
    ways = {
        "diffusers": lambda: theirs(latent, torch.tensor([900]), text, return_dict=False)[0],
        "filmloom": lambda: ours(latent, sigma, text).velocity,
        "filmloom, text prepared": lambda: ours(latent, sigma, prepared).velocity,
    }
    truth = ways["diffusers"]()
    limit = 1e-4 if dtype == torch.float32 else 0.05
    for name, way in ways.items():
        apart = difference(way(), truth)
        assert apart < limit, f"{name} is {apart} from diffusers; {limit} was expected"
    tokens = int(np.prod(options.latent)) // 4
    about = f"forward, {parameters / 1e6:.0f} M parameters, {tokens} tokens, {str(dtype).removeprefix('torch.')}"
    return compared(about, {name: clocked(way) for name, way in ways.items()}, options.rounds)


def difference(found: torch.Tensor, truth: torch.Tensor) -> float:
    """Greatest difference over the greatest magnitude."""
    return ((found.float() - truth.float()).abs().max() / truth.float().abs().max()).item()


def transformers(name: str, dtype: torch.dtype) -> tuple[nn.Module, DiT, int]:
    """Theirs, ours with the same tensors, and how many parameters they have."""
    theirs = their_transformer(name, seed=0)
    for key, parameter in theirs.named_parameters():  # as `from_pretrained` does
        kept = any(part in key.split(".") for part in theirs._keep_in_fp32_modules)
        parameter.data = parameter.data.to(torch.float32 if kept else dtype)
    state = theirs.state_dict()
    config = theirs.config
    width = config.num_attention_heads * config.attention_head_dim
    with torch.device("meta"):
        ours = DiT(
            DiTConfig(
                in_channels=16,
                out_channels=16,
                width=width,
                num_layers=config.num_layers,
                num_heads=config.num_attention_heads,
                mlp_width=config.ffn_dim,
                text_width=config.text_dim,
                patch=(1, 2, 2),
                reference="diffusers",
            )
        )
    renamed = {rename(old, TABLE, source="diffusers", target="ours"): tensor for old, tensor in state.items()}
    ours.load_state_dict(renamed, assign=True)
    return theirs, ours.eval().requires_grad_(False), sum(tensor.numel() for tensor in state.values())


def their_transformer(name: str, *, seed: int) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from diffusers import WanTransformer3DModel
    torch.manual_seed(seed)
    return WanTransformer3DModel(attention_head_dim=128, freq_dim=256, **SIZES[name]).eval().requires_grad_(False)


def clocked(way: Callable[[], object]) -> Callable[[], dict]:
    def run() -> dict:
        wall, cpu = time.perf_counter(), time.process_time()
        way()
        return {"seconds": time.perf_counter() - wall, "processor": time.process_time() - cpu}

    return run


# A whole process.


def process_rows(options: argparse.Namespace, name: str) -> list[dict]:
    frames, height, width = options.film if name == "60M" else (9, 64, 96)
    asked = {"prompt": PROMPT, "negative": NEGATIVE, "steps": options.steps, "threads": options.threads}
    asked |= {"frames": frames, "height": height, "width": width}
    with tempfile.TemporaryDirectory(prefix="filmloom-bench-") as work:
        folder, env = save_folder(Path(work) / "model", name), environment(Path(work), options.threads)
        codes = {"diffusers": THEIRS, "filmloom": OURS}
        made = {way: Path(work) / f"{way}.npy" for way in codes}
        runs = {way: lambda way=way: process(codes[way], folder, made[way], asked, env) for way in codes}
        for run in runs.values():  # and the files are in the page cache for both
            run()
        check_frames(np.load(made["filmloom"]), np.load(made["diffusers"]))
        about = f"process, {name}, {frames} frames of {width}x{height}, {options.steps} steps guided"
        return compared(about, runs, max(2, options.rounds // 2))


def process(code: str, folder: Path, out: Path, asked: dict, env: dict[str, str]) -> dict:
    """One new process → its seconds on the clock and on processors, and its peak memory."""
    command = [sys.executable, "-W", "ignore", "-c", code, str(folder), str(out), json.dumps(asked)]
    with tempfile.TemporaryFile("w+") as words:
        start = time.perf_counter()
        child = subprocess.Popen(command, env=env, stdout=words, stderr=words)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            words.seek(0)
            sys.exit(words.read())
    return {"seconds": seconds, "processor": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}


def environment(work: Path, threads: int) -> dict[str, str]:
    """Both may use the same threads, and neither asks the network."""
    ours = {"FILMLOOM_HOME": str(work / "home"), "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    return {**os.environ, **ours}


def check_frames(ours: np.ndarray, theirs: np.ndarray) -> None:
    """uint8 against numbers in 0-1: half a level of rounding, and 1e-4."""
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    apart = np.abs(ours / 255 - theirs).max()
    assert apart <= 0.5 / 255 + 1e-4, f"frames differ by {apart}, beyond rounding by {apart - 0.5 / 255}"


def save_folder(folder: Path, name: str) -> Path:
    """A T2V-A14B in small, as diffusers saves one: two experts, autoencoder, UMT5, tokenizer, scheduler."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanPipeline
        from tokenizers import Tokenizer, models, pre_tokenizers
        from tokenizers.processors import TemplateProcessing
        from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel
    torch.manual_seed(2)
    letters = [[letter, -3.0] for letter in "abcdefghijklmnopqrstuvwxyz"]
    words = Tokenizer(models.Unigram([(word, score) for word, score in VOCABULARY + letters], unk_id=3))
    words.pre_tokenizer = pre_tokenizers.Metaspace()
    words.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    width, vocabulary = SIZES[name]["text_dim"], len(VOCABULARY) + len(letters)
    text = UMT5Config(vocab_size=vocabulary, d_model=width, d_kv=64, d_ff=2 * width, num_layers=4, num_heads=2)
    vae = {"base_dim": 32 if name == "60M" else 8, "z_dim": 16, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 2}
    scheduler = UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=12.0
    )
    WanPipeline(
        tokenizer=PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="</s>"),
        text_encoder=UMT5EncoderModel(text).eval(),
        vae=AutoencoderKLWan(**vae),
        scheduler=scheduler,
        transformer=their_transformer(name, seed=0),
        transformer_2=their_transformer(name, seed=1),
        boundary_ratio=0.875,
    ).save_pretrained(folder)
    return folder


# What is common.


def compared(about: str, ways: dict[str, Callable[[], dict]], rounds: int) -> list[dict]:
    """Every way once in each round, in turn → one row each, against the first."""
    measured: dict[str, list[dict]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, run in ways.items():
            measured[way].append(run())
    first = next(iter(ways))
    return [{"what": about, "way": way, **summary(found, measured[first])} for way, found in measured.items()]


def summary(found: list[dict], first: list[dict]) -> dict:
    row = {"rounds": len(found)}
    for clock in ("seconds", "processor"):
        own, other = ([one[clock] for one in runs] for runs in (found, first))
        row[clock] = {"least": round(min(own), 3), "median": round(statistics.median(own), 3)}
        row[clock]["ratio_of_least"] = round(min(other) / min(own), 3)
        row[clock]["ratio_of_medians"] = round(statistics.median(other) / statistics.median(own), 3)
    if "peak_mib" in found[0]:
        row["peak_mib"] = round(max(one["peak_mib"] for one in found))
    return row


def table(rows: list[dict]) -> str:
    heads = ("what", "by", "least s", "median s", "ratio", "processor s", "ratio", "peak MiB")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        clock, cpu = row["seconds"], row["processor"]
        lines.append(
            f"| {row['what']} | {row['way']} | {clock['least']:.2f} | {clock['median']:.2f} | "
            f"{clock['ratio_of_least']:.2f} | {cpu['least']:.2f} | {cpu['ratio_of_least']:.2f} | "
            f"{row.get('peak_mib', '')} |"
        )
    return "\n".join(lines)


def machine(threads: int) -> dict:
    import diffusers
    import transformers

    import filmloom

    versions = {one.__name__: one.__version__ for one in (filmloom, torch, diffusers, transformers, np)}
    load = [round(one, 1) for one in os.getloadavg()]
    cores = {"machine": platform.machine(), "cores": os.cpu_count(), "threads": threads, "load_average_at_end": load}
    return {**cores, "cpu": torch.backends.cpu.get_cpu_capability(), "python": platform.python_version(), **versions}


if __name__ == "__main__":
    main()
