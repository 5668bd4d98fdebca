"""The words that a step may use, and the function that each one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

Act = TypeVar("Act", bound=Callable[..., Any])
VERBS: Final[dict[str, Callable[..., Any]]] = {}


def verb(name: str) -> Callable[[Act], Act]:
    """Register a function under the word that a step uses.

    The function takes the scene and, by keyword only, what a step may give: the annotations say
    how a value is read, and a parameter without a default must be given.
    """

    def register(act: Act) -> Act:
        VERBS[name] = act
        return act

    return register
