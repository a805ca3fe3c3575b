"""The service: one job table that loses nothing, workers that may die, an API real clients speak, a studio page."""
