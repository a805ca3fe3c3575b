"""The video autoencoders of Wan: a pure rename, shapes are the same in all three layouts.

Ours are the same for both kinds. The 16-channel one has flat indices in the original (and in diffusers' encoder): a
stage's blocks and its resampling are numbered on through all stages. The 48-channel one has an index of its own for
each stage. So each kind has its table.
"""

BLOCK = [
    ("norm1", "residual.0", "norm1"),
    ("conv1", "residual.2", "conv1"),
    ("norm2", "residual.3", "norm2"),
    ("conv2", "residual.6", "conv2"),
    ("shortcut", "shortcut", "conv_shortcut"),
]

RESAMPLING = [("space", "resample.1", "resample.1"), ("time", "time_conv", "time_conv")]

ENDS = [
    ("to_moments", "conv1", "quant_conv"),
    ("from_latent", "conv2", "post_quant_conv"),
    *(
        (f"{part}.{ours}", f"{part}.{original}", f"{part}.{diffusers}")
        for part in ("encoder", "decoder")
        for ours, original, diffusers in (
            ("conv_in", "conv1", "conv_in"),
            ("norm_out", "head.0", "norm_out"),
            ("conv_out", "head.2", "conv_out"),
            ("middle.1", "middle.1", "mid_block.attentions.0"),
            *(
                (f"middle.{i}.{ours}", f"middle.{i}.{original}", f"mid_block.resnets.{i // 2}.{diffusers}")
                for i in (0, 2)
                for ours, original, diffusers in BLOCK
            ),
        )
    ),
]


def within(place: tuple[str, str, str], parts: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Rows of `parts`, each name continued from `place`."""
    return [tuple(f"{beginning}.{end}" for beginning, end in zip(place, part)) for part in parts]


def flat_table(num_stages: int = 4, num_blocks: int = 2) -> list[tuple[str, str, str]]:
    """The 16-channel kind; `num_blocks` per stage of the encoder, the decoder has one more."""
    rows, down, up = list(ENDS), 0, 0
    for i in range(num_stages):
        for j in range(num_blocks):
            place = (f"encoder.stages.{i}.blocks.{j}", f"encoder.downsamples.{down}", f"encoder.down_blocks.{down}")
            rows += within(place, BLOCK)
            down += 1
        place = (f"encoder.stages.{i}.down", f"encoder.downsamples.{down}", f"encoder.down_blocks.{down}")
        rows += within(place, RESAMPLING) if i < num_stages - 1 else []
        down += 1
        for j in range(num_blocks + 1):
            place = (f"decoder.stages.{i}.blocks.{j}", f"decoder.upsamples.{up}", f"decoder.up_blocks.{i}.resnets.{j}")
            rows += within(place, BLOCK)
            up += 1
        place = (f"decoder.stages.{i}.up", f"decoder.upsamples.{up}", f"decoder.up_blocks.{i}.upsamplers.0")
        rows += within(place, RESAMPLING) if i < num_stages - 1 else []
        up += 1
    return rows


def staged_table(num_stages: int = 4, num_blocks: int = 2) -> list[tuple[str, str, str]]:
    """The 48-channel kind, likewise."""
    rows = list(ENDS)
    for i in range(num_stages):
        down = (f"encoder.stages.{i}", f"encoder.downsamples.{i}.downsamples", f"encoder.down_blocks.{i}")
        up = (f"decoder.stages.{i}", f"decoder.upsamples.{i}.upsamples", f"decoder.up_blocks.{i}")
        for stage, num in ((down, num_blocks), (up, num_blocks + 1)):
            for j in range(num):
                rows += within((f"{stage[0]}.blocks.{j}", f"{stage[1]}.{j}", f"{stage[2]}.resnets.{j}"), BLOCK)
        if i < num_stages - 1:
            rows += within((f"{down[0]}.down", f"{down[1]}.{num_blocks}", f"{down[2]}.downsampler"), RESAMPLING)
            rows += within((f"{up[0]}.up", f"{up[1]}.{num_blocks + 1}", f"{up[2]}.upsampler"), RESAMPLING)
    return rows


TABLE_16 = flat_table()
TABLE_48 = staged_table()
