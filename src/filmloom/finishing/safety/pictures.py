"""Pictures screened by classifiers that you bring: a film's frames on their way out, reference images on their way in.

A classifier is any callable from frames, uint8 [f, h, w, 3] RGB, to {category: probability of each frame}. This package
holds none, and says "not configured" where it was given none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from filmloom.finishing.safety.policy import Policy, load_policy
from filmloom.finishing.safety.prompts import judged, verdict_of
from filmloom.finishing.safety.verdict import ERROR, NOT_CONFIGURED, Check, Finding, Verdict, require, worst


class Classifier(Protocol):
    def __call__(self, frames: np.ndarray) -> Mapping[str, np.ndarray | float]:
        """uint8 [f, h, w, 3] RGB → for each category a probability per frame, [f], or one for all."""


@dataclass
class Screening:
    """What was looked at and found; filled while the frames pass. `check()` is its place in a verdict."""

    name: str = "output"
    num_frames: int = 0
    looked_at: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    missing: tuple[str, ...] = ()
    error: str = ""
    configured: bool = False

    def check(self) -> Check:
        looked = f"{len(self.looked_at)} of {self.num_frames} frames looked at"
        if self.error:
            return Check(name=self.name, outcome=ERROR, findings=tuple(self.findings), detail=self.error)
        if not self.configured:
            return Check(name=self.name, outcome=NOT_CONFIGURED)
        if worst(f.outcome for f in self.findings) in ("allow", "warn") and (self.missing or not self.looked_at):
            detail = f"no classifier tells {', '.join(self.missing)}" if self.missing else "there was no frame"
            return Check(name=self.name, outcome=NOT_CONFIGURED, findings=tuple(self.findings), detail=detail)
        return Check.of(self.name, self.findings, looked)


def screen_frames(
    chunks: Iterable[np.ndarray],
    classifiers: Mapping[str, Classifier],
    policy: Policy | None = None,
    report: Screening | None = None,
) -> Iterator[np.ndarray]:
    """The same frames, each chunk uint8 [f, h, w, 3], none of them before the next frame that is looked at has passed.

    Frames the policy's `frames` names are shown to every classifier. At most `every` frames and a chunk wait in memory.
    Raises SafetyError for a frame that is blocked or must be reviewed, for a classifier that crashes, and, before the
    first frame, where the policy requires "output" and no classifier is there.
    """
    policy = policy or load_policy()
    report = Screening() if report is None else report
    report.configured = bool(classifiers)
    if not classifiers:
        _pass(report, policy)
        return iter(chunks)
    return _screened(chunks, classifiers, policy, report)


def screen_images(
    images: Iterable[np.ndarray], classifiers: Mapping[str, Classifier], policy: Policy | None = None
) -> Check:
    """The check "reference" of images, uint8 [h, w, 3] RGB, every one looked at. Join it to the prompt's verdict."""
    policy, report = policy or load_policy(), Screening(name="reference", configured=bool(classifiers))
    for image in images if classifiers else ():
        if not report.error:
            _look(image[None], [report.num_frames], classifiers, policy, report)
        report.num_frames += 1
    return report.check()


def _screened(
    chunks: Iterable[np.ndarray], classifiers: Mapping[str, Classifier], policy: Policy, report: Screening
) -> Iterator[np.ndarray]:
    waiting: list[np.ndarray] = []
    before = None
    for chunk in chunks:
        chosen, before = _chosen(chunk, report.num_frames, before, policy)
        first, report.num_frames = report.num_frames, report.num_frames + len(chunk)
        if not chosen:
            waiting.append(chunk)
            continue
        _look(chunk[chosen], [first + place for place in chosen], classifiers, policy, report)
        _pass(report, policy)
        yield from waiting
        yield chunk[: chosen[-1] + 1]
        waiting = [chunk[chosen[-1] + 1 :]] if chosen[-1] + 1 < len(chunk) else []
    if waiting:
        _look(waiting[-1][-1:], [report.num_frames - 1], classifiers, policy, report)
    _pass(report, policy)
    yield from waiting


def _chosen(
    chunk: np.ndarray, first: int, before: np.ndarray | None, policy: Policy
) -> tuple[list[int], np.ndarray | None]:
    """Places in the chunk to look at: every k-th frame of the film, and the first after a cut."""
    chosen = []
    for place, frame in enumerate(chunk):
        small = frame[::8, ::8].astype(np.float32) @ (0.2126, 0.7152, 0.0722)  # BT.709 luma, coarse
        cut = before is not None and np.abs(small - before).mean() > 255 * policy.frames.cut
        if (first + place) % policy.frames.every == 0 or cut:
            chosen.append(place)
        before = small
    return chosen, before


def _look(
    frames: np.ndarray, numbers: list[int], classifiers: Mapping[str, Classifier], policy: Policy, report: Screening
) -> None:
    report.looked_at += numbers
    try:
        for name, classifier in classifiers.items():
            for category, given in classifier(frames).items():
                report.answered.add(category)
                each = np.broadcast_to(np.asarray(given, dtype=np.float64), (len(frames),))
                for number, probability in zip(numbers, each):
                    report.findings += judged({category: probability}, policy, name, number)
    except Exception as error:
        report.error = f"{type(error).__name__}: {error}"
    report.missing = tuple(name for name in policy.frames.categories if name not in report.answered)


def _pass(report: Screening, policy: Policy) -> None:
    """Stops the film where what has been seen so far does."""
    check = report.check()
    required = tuple({"output"} & set(policy.required))
    verdict = verdict_of([check], policy)
    if check.outcome == NOT_CONFIGURED and not required:
        return
    require(Verdict(checks=(check,), required=required, policy=verdict.policy, time=verdict.time), policy=policy)
