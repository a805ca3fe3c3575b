"""From frames to a file. Learned steps arrive as callables; this wing knows pixels, colour tags and containers."""
