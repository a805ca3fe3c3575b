"""Requests to addresses that a client named: to public machines only, without redirects, within limits.

A name is resolved once, every address it has is checked, and the connection goes to the one that was checked: a name
that means another machine a moment later (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from filmloom.core.errors import RequestError

LONGEST_URL = 2048
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # holds an IPv4 address that nobody checked


class FetchError(RequestError):
    """An address that may not be asked, or does not answer as it should."""

    def __init__(self, url: str, rule: str, *, field: str = "url"):
        super().__init__(field, url[:100], rule)


def checked_url(url: object, *, field: str = "url", allow_private: bool = False) -> SplitResult:
    """The parts of an http or https address, without asking anybody: what can be refused at once, is."""
    if not isinstance(url, str) or len(url) > LONGEST_URL or not re.fullmatch(r"[\x21-\x7e]+", url):
        raise FetchError(str(url), f"it must be an address of at most {LONGEST_URL} plain characters", field=field)
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise FetchError(url, "it is not an address", field=field) from None
    if not named or parts.username is not None or parts.password is not None:
        raise FetchError(url, "it must be http://HOST/... or https://HOST/..., without a user", field=field)
    host = str(parts.hostname)
    if not allow_private and (is_private_literal(host) or host == "localhost" or host.endswith(".localhost")):
        raise FetchError(url, "it is not a public address", field=field)
    return parts


def is_private_literal(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return False  # a name; it is judged when it is resolved


def is_public(address: str) -> bool:
    """Whether an IP address is anybody's machine on the internet, and nothing that leads elsewhere."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour or ip.teredo or ip in NAT64:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def resolved(host: str, port: int, *, allow_private: bool = False) -> str:
    """One address of a host, all of whose addresses are public."""
    try:
        found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise FetchError(host, "no machine has this name") from None
    if not allow_private and not all(is_public(str(address)) for address in found):
        raise FetchError(host, "it is not a public address")
    return str(found[0])


class Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked; certificates are those of the name."""

    def __init__(self, parts: SplitResult, *, timeout: float, allow_private: bool):
        self.tls = parts.scheme == "https"
        super().__init__(str(parts.hostname), parts.port or (443 if self.tls else 80), timeout=timeout)
        self.allow_private = allow_private

    def connect(self) -> None:
        address = resolved(self.host, self.port, allow_private=self.allow_private)
        self.sock = socket.create_connection((address, self.port), self.timeout)
        if self.tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def asked(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limit: int = 64 * 1024,
    timeout: float = 15.0,
    allow_private: bool = False,
) -> tuple[int, bytes]:
    """Status and body of one request, at most `limit` bytes, in about `timeout` seconds. Nothing is followed."""
    parts = checked_url(url, allow_private=allow_private)
    until = time.monotonic() + timeout
    connection = Pinned(parts, timeout=timeout, allow_private=allow_private)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=body, headers={"User-Agent": "filmloom", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, _read(answer, url, limit, until)
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(url, f"it does not answer ({type(error).__name__})") from None
    finally:
        connection.close()


def fetched(url: str, *, limit: int, timeout: float = 30.0, allow_private: bool = False) -> bytes:
    """What is at an address; anything but 200 is an error, a redirect too."""
    status, data = asked("GET", url, limit=limit, timeout=timeout, allow_private=allow_private)
    if status != 200:
        raise FetchError(url, f"it answers {status}, and only what is right there is taken")
    return data


def _read(answer: http.client.HTTPResponse, url: str, limit: int, until: float) -> bytes:
    data = b""
    while chunk := answer.read1(64 * 1024):
        data += chunk
        if len(data) > limit:
            raise FetchError(url, f"it holds more than {limit} bytes")
        if time.monotonic() > until:
            raise FetchError(url, "it took too long")
    return data
