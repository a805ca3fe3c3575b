"""The languages told from plain tables, in the order of `LANGUAGES` after English and Chinese."""

from __future__ import annotations

from filmloom.world.captions import ar, de, es, fr, hi, id, ja, ko, pt, ru
from filmloom.world.captions.phrasebook import Phrasebook

BOOKS = tuple(Phrasebook(table) for table in (ja, ko, es, fr, de, pt, ru, ar, hi, id))
