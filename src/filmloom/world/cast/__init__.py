"""One file per subject: `CARD` and `draw(pen, actor)`."""
