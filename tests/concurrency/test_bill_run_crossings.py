"""A bill run and an order at the same time end as if one had come after the other.

The run is stopped before and after its statements, COPYs and commits (a few of them;
BILLING_CROSSING_STEP=2 is before each, 1 is also after each). An upgrade, a cancellation, a move
or a price change is carried out over another connection, and the documents of this month and the
next are compared with those of the two serial orders. Payers are billed one by one (a chunk each),
so that an order also falls between two of them. That the sweep notices a missing guard is shown in
`test_bill_run_twins.py`.
"""

from __future__ import annotations

import os

import pytest

from tests.apps.invoicing.company import Company
from tests.concurrency.crossing import (
    NEXT_DATE,
    ORDERS,
    Family,
    calm,
    cross,
    serial,
)
from tests.concurrency.street import require_green

STEP = int(os.environ.get("BILLING_CROSSING_STEP", "0"))


@pytest.mark.django_db(transaction=True)
def test_an_order_let_in_anywhere_comes_before_the_run_or_after_it() -> None:
    company = Company()
    boundaries = calm(company)
    few = (boundaries // 4, boundaries * 19 // 20)  # while it drafts, and when it has posted
    points = range(max(1, STEP // 2), boundaries + 1, STEP) if STEP else few
    serial_books = serial(company, ORDERS)
    for name, order in ORDERS.items():
        expected = serial_books[name]
        seen = set()
        for at in points:
            family = Family(company, f"{name}-{at}")
            assert cross(family, order, at)
            family.run(NEXT_DATE)
            books = family.books()
            assert books in expected, (name, at, books, expected)
            seen.add(expected.index(books))
        assert seen == {0, 1}, f"both serial orders of {name} are met"
    require_green()
    print(f"{len(ORDERS)} orders at {len(points)} of {boundaries} boundaries: one of two orders")
