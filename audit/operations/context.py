"""Who is acting, by which way and why; read by the history trigger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from psycopg.pq import TransactionStatus

_NAMES = ("billing.actor", "billing.via", "billing.reason", "billing.request")


@contextmanager
def context(
    *, actor: User | AnonymousUser | None, via: str, reason: str = "", request_id: str = ""
) -> Iterator[None]:
    """Let every change inside be recorded with who, by which way and why.

    `via` is `console`, `api`, `import`, `task` or `command:<name>`. Contexts nest; leaving one
    brings the outer one back. Inside a transaction the words live and die with it.
    """
    pk = actor.pk if actor is not None else None
    words = (str(pk or ""), via, reason, request_id)
    local = connection.in_atomic_block
    before = _current()
    _say(dict(zip(_NAMES, words, strict=True)), local=local)
    try:
        yield
    finally:
        if not _is_aborted():
            _say(before, local=local)


def _current() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join("coalesce(current_setting(%s, true), '')" for _ in _NAMES),
            list(_NAMES),
        )
        return dict(zip(_NAMES, cursor.fetchone(), strict=True))


def _say(words: Mapping[str, str], *, local: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join("set_config(%s, %s, %s)" for _ in words),
            [part for name, word in words.items() for part in (name, word, local)],
        )


def _is_aborted() -> bool:
    """Tell whether the transaction is lost: its rollback takes the words along."""
    raw = connection.connection
    return raw is None or raw.closed or raw.info.transaction_status == TransactionStatus.INERROR
