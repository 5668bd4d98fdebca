"""One signed POST to an address that a person typed in: the only way out to such addresses (F41).

The name is resolved once, every address that it has is checked, and the connection goes to the
address that was checked: what the name server says afterwards does not matter. Nothing is
followed, little is read, and the whole takes a bounded time.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from time import monotonic
from typing import Any, Final

import httpcore
from django.conf import settings

from audit.rules.webhooks import BadAddress, is_public, target_of

SECONDS: Final = 10.0
"""What a call may take from the connection to the end of its answer."""

MOST_BYTES: Final = 4096
"""How much of an answer is read at most."""


class CallFailed(Exception):
    """The call came to nothing; the text says why, for an operator."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int

    @property
    def is_taken(self) -> bool:
        """Tell whether the other side has what was sent."""
        return 200 <= self.status < 300


class _Stream(httpcore.NetworkStream):
    """A connection on which every wait ends with the call."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner = inner
        self._until = until

    def _left(self) -> float:
        left = self._until - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._left())
        return _Stream(inner, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Guarded(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and to nothing else."""

    def __init__(self, until: float) -> None:
        self._until = until
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = checked_address(host, port)
        left = max(self._until - monotonic(), 0.001)
        return _Stream(self._plain.connect_tcp(address, port, left), self._until)


def checked_address(host: str, port: int) -> str:
    """Resolve a name once and return its first address, if all that it has may be called.

    Raises: CallFailed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CallFailed(f"the name {host} is not known") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.WEBHOOKS_TO_LOCAL:
        for address in addresses:
            if "%" in address or not is_public(ip_address(address)):
                raise CallFailed(f"{host} is {address}, an address that is never called")
    return addresses[0]


@cache
def _trust() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


def post(url: str, *, content: bytes, headers: Mapping[str, str]) -> Answer:
    """Send content to an address and return the answer. Not inside a transaction.

    Raises: CallFailed.
    """
    try:
        target = target_of(url, local=settings.WEBHOOKS_TO_LOCAL)
    except BadAddress as bad:
        raise CallFailed(str(bad)) from bad
    limits = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
    address = httpcore.URL(
        scheme=target.scheme, host=target.host, port=target.port, target=target.path
    )
    backend = _Guarded(monotonic() + SECONDS)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trust(), network_backend=backend) as pool,
            pool.stream(
                "POST",
                address,
                headers=[*headers.items(), ("Connection", "close")],
                content=content,
                extensions={"timeout": limits},
            ) as response,
        ):
            _drain(response)
            return Answer(response.status)
    except httpcore.TimeoutException as error:
        raise CallFailed(f"no answer within {SECONDS:.0f} seconds") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise CallFailed(f"the connection failed: {said or type(error).__name__}") from error


def _drain(response: httpcore.Response) -> None:
    """Read a little of the answer, and leave the rest."""
    read = 0
    for part in response.iter_stream():
        read += len(part)
        if read > MOST_BYTES:
            return
