"""Safety: prompts and pictures checked against a readable policy; a verdict that also says what was not."""

from filmloom.finishing.safety.endpoint import ModerationEndpoint
from filmloom.finishing.safety.pictures import Classifier, Screening, screen_frames, screen_images
from filmloom.finishing.safety.policy import Policy, load_policy
from filmloom.finishing.safety.prompts import screen_prompt
from filmloom.finishing.safety.verdict import Check, Finding, SafetyError, Verdict, require

__all__ = [
    "Check",
    "Classifier",
    "Finding",
    "ModerationEndpoint",
    "Policy",
    "SafetyError",
    "Screening",
    "Verdict",
    "load_policy",
    "require",
    "screen_frames",
    "screen_images",
    "screen_prompt",
]
