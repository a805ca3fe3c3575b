"""The only reader of os.environ."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Folder of state and caches: `FILMLOOM_HOME`, else the platform's user data folder."""
    if chosen := os.environ.get("FILMLOOM_HOME"):
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("filmloom", appauthor=False)
