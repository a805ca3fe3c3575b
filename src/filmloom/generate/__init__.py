"""A request becomes a film: the walk from words to frames, stage by stage, streamed."""
