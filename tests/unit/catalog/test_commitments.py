"""Promised amounts and agreed greatest amounts (COM-1, COM-2, COM-4)."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.commitments import above_cap, promised, shortfall, whole_window, windows
from foundation.periods import Period

D = Decimal
TERM = Period(date(2027, 1, 15), date(2028, 1, 1))


def test_what_is_missing_to_the_promise_is_owed() -> None:
    """COM-1: 1,000 promised, 640.50 measured: 359.50; a third of a window: 333.33 promised."""
    assert shortfall(D(1000), D("640.50"), "EUR") == D("359.50")
    assert shortfall(D(1000), D(1200), "EUR") == 0
    assert shortfall(D(1000), D(0), "EUR", factor=D(1) / 3) == D("333.33")


def test_windows_count_from_the_term_and_end_with_it() -> None:
    """COM-1: quarters from 15 January; the last is what is left of the term, promised by days."""
    found = windows("QUARTER", TERM, date(2028, 6, 1))
    assert [one.start for one in found] == [
        date(2027, 1, 15), date(2027, 4, 15), date(2027, 7, 15), date(2027, 10, 15)
    ]  # fmt: skip
    last = found[-1]
    full = whole_window("QUARTER", TERM, last)
    assert (last.end, full.end) == (date(2028, 1, 1), date(2028, 1, 15))
    assert promised(D(920), last, full, prorates=True) == D(780)  # 78 of 92 days
    assert promised(D(920), last, full, prorates=False) == D(920)
    assert windows("QUARTER", TERM, date(2027, 4, 14)) == []
    assert windows("TERM", TERM, date(2028, 1, 1)) == [TERM]
    assert windows("TERM", TERM, date(2027, 12, 31)) == []
    assert len(windows("MONTH", TERM, date(2028, 6, 1))) == 12
    assert len(windows("YEAR", TERM, date(2028, 6, 1))) == 1


def test_what_goes_beyond_the_cap_is_allocated() -> None:
    """COM-4: 30.00 and 60.00 with a cap of 80.00: 3.33 and 6.67 off; 20.00 used before count."""
    assert above_cap([D(30), D(60)], D(80), "EUR") == [D("3.33"), D("6.67")]
    assert above_cap([D(30), D(60)], D(80), "EUR", used=D(20)) == [D(10), D(20)]
    assert above_cap([D(30), D(60)], D(90), "EUR") == [D(0), D(0)]
    assert above_cap([D(30), D(60)], D(0), "EUR", used=D(500)) == [D(30), D(60)]


cents = st.integers(0, 100_000).map(lambda one: D(one) / 100)


@given(cents, st.lists(cents, max_size=6))
def test_usage_and_shortfall_together_never_fall_below_the_promise(commit, parts) -> None:
    """COM-2: measuring more takes the same off the shortfall, until the promise is reached."""
    measured = D(0)
    for part in parts:
        before = shortfall(commit, measured, "EUR")
        measured += part
        after = shortfall(commit, measured, "EUR")
        assert after <= before
        assert before - after <= part
        assert measured + after == max(commit, measured)


@given(st.lists(cents, min_size=1, max_size=6), cents, cents)
def test_the_cap_holds_and_nothing_falls_below_zero(nets, cap, used) -> None:
    """COM-4: what is left is the least of the nets and what the cap leaves."""
    parts = above_cap(nets, cap, "EUR", used=used)
    assert all(0 <= part <= net for part, net in zip(parts, nets, strict=True))
    assert sum(nets) - sum(parts) == min(sum(nets), max(D(0), cap - used))
