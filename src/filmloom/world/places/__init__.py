"""One file per setting: `CARD`, `backdrop(pen, stage)` behind the subjects, `foreground(pen, stage)` before them."""
