"""Whole runs as functions, one file per stage. `registry.py` lists them; `sizes.py` is the one dial that sizes them."""
