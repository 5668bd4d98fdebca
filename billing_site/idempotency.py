"""Where the API keeps its idempotency keys: the audit room's table, by the API's protocol."""

from __future__ import annotations

import audit.operations
from foundation.api.idempotency import Answer


class AuditStore:
    """Keeps keys in the audit room; both calls run in the request's transaction."""

    def claim(self, *, client: str, key: str, fingerprint: str) -> Answer | None:
        """Take the key, or return the answer stored under it.

        Raises: audit.operations.KeyReused for another request under the same key.
        """
        stored = audit.operations.claim(client=client, key=key, fingerprint=fingerprint)
        return Answer(stored.status, stored.body) if stored is not None else None

    def remember(self, *, client: str, key: str, answer: Answer) -> None:
        """Store the answer of a claimed key."""
        audit.operations.remember_answer(
            client=client, key=key, status=answer.status, body=answer.body
        )


STORE = AuditStore()
