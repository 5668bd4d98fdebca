"""The command that all commands derive from: what it does is recorded as its doing."""

from __future__ import annotations

from contextlib import AbstractContextManager

from audit import operations
from foundation.commands import Exit, HouseCommand, business_date

__all__ = ["AuditedCommand", "Exit", "business_date"]


class AuditedCommand(HouseCommand):
    """A command whose changes carry `command:<name>` in the row history."""

    def surroundings(self) -> AbstractContextManager[object]:
        name = type(self).__module__.rpartition(".")[2]
        return operations.context(actor=None, via=f"command:{name}")
