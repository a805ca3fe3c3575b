"""filmloom: words into film.

>>> clip = filmloom.make("a girl in a red dress dancing under a cherry tree", seconds=4, seed=7)
>>> clip.save("girl.mp4")
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"
__all__ = ["Clip", "Request", "Scene", "__version__", "load", "make"]

# Names whose files need torch or numpy: imported when first used, so that `import filmloom` stays instant.
_HOMES = {
    "Clip": "filmloom.generate.clip",
    "Request": "filmloom.generate.request",
    "Scene": "filmloom.generate.request",
    "load": "filmloom.generate.pipeline",
    "make": "filmloom.generate.pipeline",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
