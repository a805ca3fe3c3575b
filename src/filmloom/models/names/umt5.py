"""UMT5's encoder: our names are those of transformers; the original `.pth` has its own."""

TABLE = [
    ("shared", "token_embedding", "shared"),
    *(
        (f"encoder.block.{{i}}.{ours}", f"blocks.{{i}}.{original}", f"encoder.block.{{i}}.{ours}")
        for ours, original in (
            ("layer.0.layer_norm", "norm1"),
            ("layer.0.SelfAttention.q", "attn.q"),
            ("layer.0.SelfAttention.k", "attn.k"),
            ("layer.0.SelfAttention.v", "attn.v"),
            ("layer.0.SelfAttention.o", "attn.o"),
            ("layer.0.SelfAttention.relative_attention_bias", "pos_embedding.embedding"),
            ("layer.1.layer_norm", "norm2"),
            ("layer.1.DenseReluDense.wi_0", "ffn.gate.0"),
            ("layer.1.DenseReluDense.wi_1", "ffn.fc1"),
            ("layer.1.DenseReluDense.wo", "ffn.fc2"),
        )
    ),
    ("encoder.final_layer_norm", "norm", "encoder.final_layer_norm"),
    ("shared", "token_embedding", "encoder.embed_tokens"),  # the same tensor again, where a writer saved it twice
]
