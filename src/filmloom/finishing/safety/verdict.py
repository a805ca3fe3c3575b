"""What was checked, what was found, and whether a film may go on.

    allow < warn < review < block      answers of a check
    not configured, error              no answer: never taken for "allow"

A check that failed blocks; so does a required one that is not configured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from filmloom.core.errors import RefusedError, RequestError

ANSWERS = ("allow", "warn", "review", "block")
NOT_CONFIGURED, ERROR = "not configured", "error"


def worst(outcomes: Iterable[str]) -> str:
    """The strictest of several answers; "allow" of none."""
    return max(outcomes, key=ANSWERS.index, default="allow")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One reason. `span`: characters of the text that was checked; `frame`: number in the film or of the image."""

    category: str
    outcome: str
    rule: str
    span: tuple[int, int] | None = None
    frame: int | None = None
    probability: float | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    name: str
    outcome: str
    findings: tuple[Finding, ...] = ()
    detail: str = ""

    @classmethod
    def of(cls, name: str, findings: Iterable[Finding], detail: str = "") -> Check:
        found = tuple(findings)
        return cls(name=name, outcome=worst(f.outcome for f in found), findings=found, detail=detail)

    @property
    def answered(self) -> bool:
        return self.outcome in ANSWERS


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The record that travels with a film. `time`: ISO 8601, UTC. `policy`: name, version and digest."""

    checks: tuple[Check, ...]
    required: tuple[str, ...]
    policy: dict[str, object]
    time: str
    reviewed_by: str | None = None

    @property
    def outcome(self) -> str:
        if any(check.outcome == ERROR for check in self.checks) or self.missing:
            return "block"
        answers = [check.outcome for check in self.checks if check.answered]
        return worst(answers) if answers else NOT_CONFIGURED

    @property
    def missing(self) -> tuple[str, ...]:
        """Required checks that have no answer."""
        answered = {check.name for check in self.checks if check.answered}
        return tuple(name for name in self.required if name not in answered)

    @property
    def not_configured(self) -> tuple[str, ...]:
        return tuple(check.name for check in self.checks if check.outcome == NOT_CONFIGURED)

    def joined(self, *checks: Check) -> Verdict:
        """With more checks; one of the same name takes the place of one that was not configured."""
        new = {check.name for check in checks}
        kept = [c for c in self.checks if c.name not in new or c.outcome != NOT_CONFIGURED]
        return replace(self, checks=(*kept, *checks))

    def reviewed(self, by: str) -> Verdict:
        """As a person decided who read it: "review" no longer holds the film. "block" still does."""
        if not by.strip():
            raise RequestError("reviewed_by", by, "it must name who looked", "a name or an account")
        return replace(self, reviewed_by=by)

    def record(self) -> dict[str, object]:
        """Plain values for JSON."""
        kept = asdict(self)
        return {
            "outcome": self.outcome,
            "missing": list(self.missing),
            "not_configured": list(self.not_configured),
        } | kept

    def __str__(self) -> str:
        """One line for a person: every check and its outcome."""
        return f"{self.outcome} (" + ", ".join(f"{check.name}: {check.outcome}" for check in self.checks) + ")"


class SafetyError(RefusedError):
    """A film was refused; `verdict` says why."""

    def __init__(self, message: str, verdict: Verdict):
        super().__init__(message)
        self.verdict = verdict


def masked(text: str, spans: Iterable[tuple[int, int]], *, limit: int = 80) -> str:
    """The text with all but the first letter of each span as dots, at most `limit` characters of it, from the first."""
    letters, first = list(text), len(text)
    for start, end in spans:
        letters[start + 1 : end] = ["." if c.isspace() is False else c for c in letters[start + 1 : end]]
        first = min(first, start)
    begin = max(0, first - limit // 2) if len(letters) > limit else 0
    cut = "".join(letters[begin : begin + limit])
    return f"{'...' if begin else ''}{cut}{'...' if begin + limit < len(letters) else ''}"


def require(verdict: Verdict, *, text: str = "", policy: object = None) -> Verdict:
    """The verdict, if a film may go on; else SafetyError with what was found, the rule and what would work.

    `text` is shown with the words found in it masked; `policy` lends its titles and advice.
    """
    outcome = verdict.outcome
    held = outcome == "review" and verdict.reviewed_by is None
    if outcome != "block" and outcome != NOT_CONFIGURED and not held:
        return verdict
    raise SafetyError(_message(verdict, text, policy), verdict)


def _message(verdict: Verdict, text: str, policy: object) -> str:
    name = f"policy {verdict.policy.get('name')!r} version {verdict.policy.get('version')}"
    broken = next((check for check in verdict.checks if check.outcome == ERROR), None)
    if broken:
        return f"Safety check {broken.name!r} failed: {broken.detail}. Nothing passes unchecked: mend it and run again."
    if verdict.missing:
        names = ", ".join(map(repr, verdict.missing))
        return f"Safety check {names} is required by {name} and has no answer. Configure it, or do not require it."
    if verdict.outcome == NOT_CONFIGURED:
        return f"No safety check is configured in {name}, and unchecked is not safe. Require at least 'prompt'."
    return _reasons(verdict, text, policy, name)


def _reasons(verdict: Verdict, text: str, policy: object, name: str) -> str:
    check, finding = _strictest(verdict)
    category = getattr(policy, "categories", {}).get(finding.category)
    title = category.title if category else finding.category
    where = f"frame {finding.frame}" if finding.span is None and finding.frame is not None else check.name
    spans = [f.span for f in check.findings if f.span]
    shown = f" is {masked(text, spans)!r}" if text and spans else ""
    act = "asks a person to review" if verdict.outcome == "review" else "blocks"
    advice = category.instead if category and category.instead else "say it without that, or edit your policy file"
    return f"{where}{shown}; {name} {act} {title} (rule {finding.rule}). What would work: {advice}."


def _strictest(verdict: Verdict) -> tuple[Check, Finding]:
    pairs = [(check, finding) for check in verdict.checks for finding in check.findings]
    return max(pairs, key=lambda pair: ANSWERS.index(pair[1].outcome))
