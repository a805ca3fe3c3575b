"""Tests run two at a time (`-n 2`) on two cores: one thread each, also in the programs they start."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: it reads this once
