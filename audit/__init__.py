"""Business events, approvals, change history, import batches, job runs, idempotency keys."""
