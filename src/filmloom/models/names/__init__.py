"""How published files name what our models name: one table per model, applied both ways by `checkpoints/rename.py`.

A table is a list of rows (ours, original, diffusers). Each is a dotted name or the beginning of one: `{i}` stands for a
whole number, the same in all three, and whatever follows the beginning is kept, so that

    ("blocks.{i}.self_attn.q", "blocks.{i}.self_attn.q", "blocks.{i}.attn1.to_q")

turns `blocks.7.self_attn.q.bias` into `blocks.7.attn1.to_q.bias` and back. The longest beginning wins. Where numbers
do not carry over as they are (a flat index that becomes two), the rows are generated, one per number.
"""

from filmloom.models.names import transformer, umt5, wan_vae

# Tables to try for each kind of part; the one that knows a file's keys best is taken.
TABLES = {
    "transformer": (transformer.TABLE,),
    "text_encoder": (umt5.TABLE,),
    "video_vae": (wan_vae.TABLE_16, wan_vae.TABLE_48),
}
