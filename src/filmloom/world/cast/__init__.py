"""One file per subject: `CARD`, `draw(pen, actor)` and, where it makes sounds, `events(subject, seconds)`."""
