"""The one way out to addresses that people type in: nothing inside is ever reached (F41)."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import httpcore
import pytest

from audit.operations import wire
from tests.receiving import receiving
from tests.unit.audit.test_webhooks import HOSTILE_URLS, NEVER_CALLED


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every connection, and open none."""
    found: list[str] = []

    def connect(self: Any, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        found.append(host)
        raise httpcore.ConnectError("refused by the test")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    return found


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let a name server answer so, one answer after the other; return who was asked for."""
    asked: list[str] = []
    left = list(answers)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        kinds = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in found]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (one, port))
            for kind, one in zip(kinds, found, strict=True)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def send(url: str = "https://hooks.example.com/in") -> wire.Answer:
    return wire.post(url, content=b"{}", headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_f41_a_hostile_address_opens_no_connection(url: str, opened: list[str]):
    with pytest.raises(wire.CallFailed):
        send(url)
    assert opened == []


@pytest.mark.parametrize("address", NEVER_CALLED)
def test_f41_a_name_that_leads_inside_opens_no_connection(
    address: str, opened: list[str], monkeypatch: pytest.MonkeyPatch
):
    names(monkeypatch, [address])
    with pytest.raises(wire.CallFailed, match="never called"):
        send()
    assert opened == []


def test_f41_one_bad_address_among_good_ones_is_enough(
    opened: list[str], monkeypatch: pytest.MonkeyPatch
):
    names(monkeypatch, ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(wire.CallFailed, match=r"127\.0\.0\.1"):
        send()
    assert opened == []


def test_f41_what_was_checked_is_what_is_called(
    opened: list[str], monkeypatch: pytest.MonkeyPatch
):
    """A name server that says another address the next time is not asked a next time."""
    asked = names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    with pytest.raises(wire.CallFailed, match="refused by the test"):
        send()
    assert (asked, opened) == (["hooks.example.com"], ["93.184.216.34"])


def test_f41_the_certificate_is_that_of_the_name(monkeypatch: pytest.MonkeyPatch):
    """The connection goes to a number; what is verified is still the name."""
    shown: list[tuple[bool, str | None]] = []
    names(monkeypatch, ["93.184.216.34"])

    class Stream(httpcore.NetworkStream):
        def start_tls(self, ssl_context: ssl.SSLContext, server_hostname=None, timeout=None):
            verifies = ssl_context.check_hostname and ssl_context.verify_mode == ssl.CERT_REQUIRED
            shown.append((verifies, server_hostname))
            raise httpcore.ConnectError("no further")

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *a, **k: Stream())
    with pytest.raises(wire.CallFailed):
        send()
    assert shown == [(True, "hooks.example.com")]


def test_an_unknown_name_is_said_so(monkeypatch: pytest.MonkeyPatch):
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(wire.CallFailed, match=r"the name hooks\.example\.com is not known"):
        send()


# -- against a real server, which only development may have inside --------------------------------


@pytest.fixture
def local(settings: Any) -> None:
    settings.WEBHOOKS_TO_LOCAL = True


@contextmanager
def raw_server(*, answer: bytes, pause: float = 0.0) -> Iterator[str]:
    """Answer one caller with bytes, one after the other, with a pause between."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        caller, _ = listener.accept()
        with caller:
            caller.recv(65536)
            try:
                size = 1 if pause else len(answer)
                for start in range(0, len(answer), size or 1):
                    caller.sendall(answer[start : start + size])
                    time.sleep(pause)
            except OSError:
                return

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.close()
        thread.join(10)


def test_f41_nothing_inside_is_reached_without_the_setting():
    with receiving() as receiver, pytest.raises(wire.CallFailed, match="https"):
        send(receiver.url)
    assert receiver.calls == []


def test_f41_a_redirect_is_an_answer_and_is_not_followed(local: None):
    with receiving() as inside, receiving(location=inside.url) as receiver:
        receiver.secret = "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
        answer = wire.post(receiver.url, content=b"{}", headers={"webhook-id": "1"})
        assert (answer.status, answer.is_taken) == (302, False)
    assert len(receiver.calls) == 1
    assert inside.calls == []


def test_an_answer_that_drips_ends_with_the_call(local: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wire, "SECONDS", 1.0)
    answer = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100
    with raw_server(answer=answer, pause=0.2) as url:
        began = time.monotonic()
        with pytest.raises(wire.CallFailed, match="no answer within 1 seconds"):
            send(url)
        assert time.monotonic() - began < 5, "the answer itself would take two minutes"


def test_of_a_long_answer_little_is_read(local: None):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 200_000
    with raw_server(answer=answer) as url:
        assert send(url).status == 200


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000]
)
def test_what_is_no_answer_is_a_failure(local: None, answer: bytes):
    with raw_server(answer=answer) as url, pytest.raises(wire.CallFailed, match="failed"):
        send(url)
