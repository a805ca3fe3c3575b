"""Weights on disk: a folder of safetensors and one `model.json`, read strictly, written atomically."""
