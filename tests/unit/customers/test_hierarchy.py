"""Payers from dated positions (HIER-1, HIER-2)."""

from __future__ import annotations

from datetime import date

import pytest

from customers.rules.hierarchy import Position, chain, payer, repositioned

JAN, FEB, MAR = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)
TREE = {
    1: (Position(JAN, None, None, "PAYER"),),
    2: (Position(JAN, FEB, 1, "NON_PAYER"), Position(FEB, None, 1, "PAYER")),
    3: (Position(JAN, None, 2, "NON_PAYER"),),
}


def test_the_nearest_payer_pays() -> None:
    """HIER-2."""
    assert payer(TREE, 3, JAN) == 1
    assert payer(TREE, 3, FEB) == 2
    assert payer(TREE, 1, FEB) == 1
    assert payer(TREE, 3, date(2026, 1, 1)) is None
    assert chain(TREE, 3, JAN) == (3, 2, 1)


def test_a_circle_is_no_tree() -> None:
    tree = {**TREE, 1: (Position(JAN, None, 3, "PAYER"),)}
    with pytest.raises(ValueError, match="hang below each other"):
        chain(tree, 3, JAN)


def test_a_move_holds_until_the_next_one() -> None:
    history = (Position(JAN, MAR, 1, "NON_PAYER"), Position(MAR, None, 2, "NON_PAYER"))
    found = repositioned(history, FEB, parent_id=9, role="NON_PAYER")
    assert found == (
        Position(JAN, FEB, 1, "NON_PAYER"),
        Position(FEB, MAR, 9, "NON_PAYER"),
        Position(MAR, None, 2, "NON_PAYER"),
    )


def test_moving_back_joins_the_days() -> None:
    history = (Position(JAN, FEB, 1, "NON_PAYER"), Position(FEB, None, 2, "NON_PAYER"))
    found = repositioned(history, FEB, parent_id=1, role="NON_PAYER")
    assert found == (Position(JAN, None, 1, "NON_PAYER"),)
    with pytest.raises(ValueError, match="not open"):
        repositioned(history, date(2026, 1, 1), parent_id=1, role="NON_PAYER")
