"""Nouns every other wing shares: sizes, errors, random numbers, the environment. Imports nothing of ours."""
