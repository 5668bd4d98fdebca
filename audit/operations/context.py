"""Who is acting, by which way and why; read by the history trigger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from psycopg.pq import TransactionStatus

_NAMES = ("billing.actor", "billing.via", "billing.reason", "billing.request")
_SAY = (
    "WITH before AS MATERIALIZED (SELECT "
    + ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in _NAMES)
    + ") SELECT before.*, "
    + ", ".join(f"set_config('{name}', %s, %s)" for name in _NAMES)
    + " FROM before"
)


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
    before = _say(words, local=local)
    try:
        yield
    finally:
        if not _is_aborted():
            _say(before, local=local)


def _say(words: Sequence[str], *, local: bool) -> Sequence[str]:
    """Set the words and return those before: one statement, which every request takes twice."""
    with connection.cursor() as cursor:
        cursor.execute(_SAY, [part for word in words for part in (word, local)])
        found: tuple[str, ...] = cursor.fetchone()
        return found[: len(_NAMES)]


def _is_aborted() -> bool:
    """Tell whether the transaction is lost: its rollback takes the words along."""
    raw = connection.connection
    return raw is None or raw.closed or raw.info.transaction_status == TransactionStatus.INERROR
