"""Training data: scenes drawn and captioned once, kept in shards on disk, read at random."""
