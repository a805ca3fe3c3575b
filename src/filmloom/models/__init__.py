"""Networks as single-device maths: each file holds one model, its config first, and knows no checkpoint or sharding."""
