"""Encoded prompts that are kept, the last ones used. What comes out is what went in: the same tensors, bit for bit."""

from __future__ import annotations

import threading
from collections import OrderedDict

import torch

from filmloom.models.text_encoder import Text, TextEncoder

ROOM = 128  # prompts; one of mini's takes 25 KiB


class Prompts:
    """`hits`, `misses` and `evictions` count since the model was loaded. Safe to share among threads."""

    def __init__(self, room: int = ROOM):
        self.room, self.hits, self.misses, self.evictions = room, 0, 0, 0
        self._kept: OrderedDict[tuple[str, int], Text] = OrderedDict()
        self._lock = threading.Lock()

    def encoded(self, encoder: TextEncoder, prompt: str) -> Text:
        """The prompt as `encoder`, always the same one, reads it alone."""
        key = prompt, torch.get_num_threads()  # on which the last bits depend
        with self._lock:
            if key in self._kept:
                self.hits += 1
                self._kept.move_to_end(key)
                return self._kept[key]
            self.misses += 1
        text = encoder.encode([prompt])
        with self._lock:
            self._kept[key] = text
            while len(self._kept) > self.room:
                self._kept.popitem(last=False)
                self.evictions += 1
        return text

    @property
    def num_bytes(self) -> int:
        with self._lock:
            return sum(text.tokens.nbytes + text.pooled.nbytes for text in self._kept.values())
