"""A moderation service in OpenAI's wire format (POST with {"model", "input"}), as a classifier of texts and pictures.

Nothing is ever sent unless you make one and pass it: `screen_prompt(..., moderation=endpoint)`,
`screen_frames(..., {"service": endpoint.pictures})`.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

import numpy as np

from filmloom.core.errors import RequestError
from filmloom.core.png import encode_png

# Theirs → ours. What has no place here is left out.
CATEGORIES = {
    "sexual": "sexual", "sexual/minors": "minors", "violence": "violence", "violence/graphic": "gore", "hate": "hate",
    "hate/threatening": "hate", "harassment/threatening": "hate", "self-harm": "self_harm",
    "self-harm/intent": "self_harm", "self-harm/instructions": "self_harm", "illicit": "illicit",
    "illicit/violent": "illicit",
}  # fmt: skip
LARGEST_ANSWER = 2**20


@dataclass(frozen=True, kw_only=True)
class ModerationEndpoint:
    """`url` must be https, or http on this machine itself. An address that is private or reserved is refused unless
    `allow_private`; redirects and proxies are never followed. `key` is sent as a bearer token and never shown."""

    url: str
    model: str = "omni-moderation-latest"
    key: str = field(default="", repr=False)
    timeout: float = 10.0
    allow_private: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query:
            rule = "it must be http or https, a host and a path"
            raise RequestError("moderation url", _shown(parts), rule, "https://host/v1/moderations")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            rule = "http sends prompts in the open, so only this machine itself may be asked that way"
            raise RequestError("moderation url", _shown(parts), rule, f"https://{parts.hostname}{parts.path}")

    def __call__(self, text: str) -> dict[str, float]:
        """Category → probability for one text."""
        return self._ask(text)

    def pictures(self, frames: np.ndarray) -> dict[str, np.ndarray]:
        """A `Classifier`: frames uint8 [f, h, w, 3] → category → probability [f]. One request a frame."""
        answers = [self._ask([{"type": "image_url", "image_url": {"url": _data_url(frame)}}]) for frame in frames]
        names = {name for answer in answers for name in answer}
        return {name: np.array([answer.get(name, 0.0) for answer in answers]) for name in sorted(names)}

    def _ask(self, given: object) -> dict[str, float]:
        parts = urlsplit(self.url)
        headers = {"Content-Type": "application/json", "Host": parts.netloc}
        headers |= {"Authorization": f"Bearer {self.key}"} if self.key else {}
        connection = _Pinned(parts, self.timeout, self.allow_private)
        try:
            connection.request("POST", parts.path or "/", json.dumps({"model": self.model, "input": given}), headers)
            answer = connection.getresponse()
            body = answer.read(LARGEST_ANSWER)
        finally:
            connection.close()
        if answer.status != 200:
            raise OSError(f"the moderation service answered {answer.status}, not 200")
        return probabilities(json.loads(body))


def probabilities(answer: object) -> dict[str, float]:
    """The strictest score of each of our categories. An answer of another shape is an error, not a pass."""
    scores = answer["results"][0]["category_scores"]
    found: dict[str, float] = {}
    for theirs, ours in CATEGORIES.items():
        if theirs in scores:
            found[ours] = max(found.get(ours, 0.0), float(scores[theirs]))
    if not found:
        raise ValueError(f"the answer scores none of {', '.join(CATEGORIES)}")
    return found


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, so that a name cannot mean another one a moment later."""

    def __init__(self, parts: SplitResult, timeout: float, allow_private: bool):
        port = parts.port or (443 if parts.scheme == "https" else 80)
        super().__init__(parts.hostname, port, timeout=timeout)
        self._tls, self._allow_private = parts.scheme == "https", allow_private

    def connect(self) -> None:
        address = checked_address(self.host, self.port, self._allow_private, self._tls)
        self.sock = socket.create_connection((address, self.port), self.timeout)
        if self._tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def checked_address(host: str, port: int, allow_private: bool, tls: bool = True) -> str:
    """The first address of a host. All its addresses must be public, or this machine's, or private where told."""
    found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        ip = ipaddress.ip_address(address.split("%")[0])
        if not tls and not ip.is_loopback:
            raise RequestError("moderation host", f"{host} ({ip})", "http may ask this machine only", "https")
        if not (ip.is_global or ip.is_loopback or (allow_private and ip.is_private and not ip.is_link_local)):
            raise RequestError("moderation host", f"{host} ({ip})", "it is not a public address", "allow_private=True")
    return found[0]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shown(parts: SplitResult) -> str:
    """The address without what may be secret in it."""
    return f"{parts.scheme}://{parts.hostname}{parts.path}"


def _data_url(frame: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(encode_png(frame)).decode()
