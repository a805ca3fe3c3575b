"""Films to begin with, in words that mini knows, and the styles in plain words."""

from __future__ import annotations

from filmloom.world.scene import STYLES as NAMES

_SAID = {
    "storybook": "soft shading and outlines, as in a picture book",
    "flat": "plain shapes in plain colours",
    "ink": "brush and ink on paper",
    "night_neon": "neon light in the dark",
}
STYLES = tuple({"id": name, "name": name, "description": _SAID.get(name, "")} for name in NAMES)
_PROMPTS = (
    ("blossom", "一位穿红色连衣裙的女孩在春天的樱花树下跳舞,微风吹起她的发丝,阳光洒落。", "storybook"),
    ("girl", "a girl in a red dress dancing under a cherry tree in spring", "storybook"),
    ("car", "a red car driving through the city at night in the rain", "night_neon"),
    ("dog", "a brown dog running on the beach at sunset", "storybook"),
    ("rabbit", "a white rabbit jumping in the snow in winter", "flat"),
    ("fish", "an orange fish swimming", "flat"),
    ("horse", "a black horse running in the mountains in the fog", "ink"),
    ("bird", "a blue bird flying above the lake in the morning", "ink"),
)
TEMPLATES = tuple({"id": name, "name": name, "prompt": prompt, "style": style} for name, prompt, style in _PROMPTS)
