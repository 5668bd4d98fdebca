"""A receiver of webhooks: a small HTTP server that verifies what it gets with the library.

It runs in a thread of its own and answers as the test says, by default 200. What it was sent is
kept; a message whose signature it cannot verify gets 401.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from django.contrib.auth.models import Permission, User
from standardwebhooks.webhooks import (
    EmptyWebhookSecretError,
    Webhook,
    WebhookVerificationError,
)


@dataclass
class Receiver:
    """What came, and what is answered: `answer` makes a status of an event."""

    port: int = 0
    secret: str = ""
    answer: Callable[[dict[str, Any]], int] = lambda event: 200
    location: str = ""
    calls: list[tuple[str, dict[str, Any], int]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?from=billing"

    def events(self, status: int = 200) -> list[dict[str, Any]]:
        """Return what was answered with a status, in order."""
        return [body["data"] for _, body, said in self.calls if said == status]

    def ids(self) -> list[str]:
        """Return the ids of all messages, in order."""
        return [one for one, _, _ in self.calls]


def service_user(*rights: str) -> User:
    """Return a user who cannot log in and may look at orders, or at what the rights name."""
    user = User.objects.create_user("robot")
    wanted = rights or ("view_order",)
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return user


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                body = Webhook(receiver.secret).verify(content, headers)
                status = receiver.answer(body["data"])
            except (WebhookVerificationError, EmptyWebhookSecretError) as error:
                body, status = {"data": {"error": str(error)}}, 401
            if receiver.location:
                status = 302
            receiver.calls.append((headers["webhook-id"], body, status))
            self.send_response(status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def receiving(**settings: Any) -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    receiver = Receiver(**settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
