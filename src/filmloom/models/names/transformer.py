"""The transformer of Wan2.2: a pure rename, shapes and orientation are the same in all three layouts.

Two traps. The affine norm before cross-attention is `norm3` in the original and `norm2` in diffusers and here; the
norms that the others call `norm2` and `norm3` have no weights. And diffusers' `scale_shift_table` at the root is the
head's table, not a block's.
"""

LINEARS = [
    ("text_embedding.0", "text_embedding.0", "condition_embedder.text_embedder.linear_1"),
    ("text_embedding.2", "text_embedding.2", "condition_embedder.text_embedder.linear_2"),
    ("time_embedding.mlp.0", "time_embedding.0", "condition_embedder.time_embedder.linear_1"),
    ("time_embedding.mlp.2", "time_embedding.2", "condition_embedder.time_embedder.linear_2"),
    ("time_projection", "time_projection.1", "condition_embedder.time_proj"),
    *(
        (f"blocks.{{i}}.{ours}.{part}", f"blocks.{{i}}.{ours}.{part}", f"blocks.{{i}}.{theirs}.{part_of_theirs}")
        for ours, theirs in (("self_attn", "attn1"), ("cross_attn", "attn2"))
        for part, part_of_theirs in (("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("o", "to_out.0"))
    ),
    ("blocks.{i}.ffn.0", "blocks.{i}.ffn.0", "blocks.{i}.ffn.net.0.proj"),
    ("blocks.{i}.ffn.2", "blocks.{i}.ffn.2", "blocks.{i}.ffn.net.2"),
    ("head.linear", "head.head", "proj_out"),
]

TABLE = [
    ("patch_embedding", "patch_embedding", "patch_embedding"),
    *LINEARS,
    ("blocks.{i}.modulation", "blocks.{i}.modulation", "blocks.{i}.scale_shift_table"),
    *(
        (f"blocks.{{i}}.{ours}.{norm}", f"blocks.{{i}}.{ours}.{norm}", f"blocks.{{i}}.{theirs}.{norm}")
        for ours, theirs in (("self_attn", "attn1"), ("cross_attn", "attn2"))
        for norm in ("norm_q", "norm_k")
    ),
    ("blocks.{i}.norm2", "blocks.{i}.norm3", "blocks.{i}.norm2"),
    ("head.modulation", "head.modulation", "scale_shift_table"),
]

# Parts of our names that diffusers keeps in float32 when it loads the rest in half precision; 0.2 % of the weights.
KEPT_IN_FLOAT32 = ("time_embedding", "modulation", "norm2")
