"""What may be called, when it is called again, and what is said (F41, F16)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final
from urllib.parse import urlsplit

GAPS: Final = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""After the first try, the second …: what lies between it and the next."""

MOST_TRIES: Final = len(GAPS) + 1

USUAL: Final = {"https": 443, "http": 80}

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII | re.IGNORECASE,
)
_PLAIN: Final = re.compile(r"[!-~]*", re.ASCII)
_UNICAST: Final = IPv6Network("2000::/3")
_NOT_FOR_US: Final = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)
"""Said to be global, but a way to another address (relays, translation) or to none."""


class BadAddress(ValueError):
    """The text is no address that a webhook may have."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address in parts; `path` with the question after it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """Write the address in one spelling."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == USUAL[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def target_of(url: str, *, local: bool = False) -> Target:
    """Read the address of an endpoint: https, a full host name, the usual port.

    With `local` (development and tests) also http, any port, and numbers and names of this
    machine.

    Raises: BadAddress.
    """
    if len(url) > 500 or not url.isascii() or not url.isprintable() or "\\" in url:
        raise BadAddress("write the address in up to 500 plain characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadAddress("this is no address") from error
    host = (parts.hostname or "").lower()
    if parts.scheme not in (("https", "http") if local else ("https",)):
        raise BadAddress("the address begins with https://")
    if "@" in parts.netloc:
        raise BadAddress("no name and password in the address: the signature says who sends")
    if "#" in url:
        raise BadAddress("the address has no part after #")
    if not local and not _HOST.fullmatch(host):
        raise BadAddress("write a full host name such as hooks.example.com")
    usual = USUAL[parts.scheme]
    if not host or (not local and port not in (None, usual)):
        raise BadAddress("the port is that of https, 443")
    if not _PLAIN.fullmatch(f"{parts.path}{parts.query}"):
        raise BadAddress("write special characters of the path as %XX")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, usual if port is None else port, path)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one machine of the public Internet, and no way round to another.

    Not so: private, loopback, link-local (where clouds keep their metadata), shared, reserved and
    documentation addresses, multicast, relays and translations (64:ff9b::/96, 2002::/16 …).
    """
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return not any(
        address.version == network.version and address in network for network in _NOT_FOR_US
    )


def gap_after(attempts: int) -> timedelta:
    """Return what lies between a try and the next: the last gap, where there are no more."""
    return GAPS[min(attempts, len(GAPS)) - 1]


def body(facts: Mapping[str, Any], *, topic: str, occurred_at: datetime) -> str:
    """Write what an endpoint is sent: the event as the feed shows it, in the standard's frame."""
    frame = {"type": topic, "timestamp": occurred_at.isoformat(), "data": dict(facts)}
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
