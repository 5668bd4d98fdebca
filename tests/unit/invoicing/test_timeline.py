"""What a charge owes for a full period (CHG-2, PRO-1, PRO-2)."""

from datetime import date
from decimal import Decimal

from invoicing.rules.timeline import FOREVER, Policies, Segment, pieces

MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)
ONE, TWO = Decimal(1), Decimal(2)


def segment(start: date, end: date = FOREVER, quantity: Decimal = ONE, **more: object) -> Segment:
    return Segment(start, end, quantity, more.get("override"), str(more.get("state", "ON")))  # type: ignore[arg-type]


def spans(found):
    return [(p.start.day, p.end.day, p.quantity) for p in found]


def test_a_segment_that_covers_the_period_is_one_whole_piece() -> None:
    (piece,) = pieces([segment(date(2026, 1, 1))], MAY, JUNE)
    assert (piece.start, piece.end) == (MAY, JUNE)
    assert (piece.counted_from, piece.counted_to) == (MAY, JUNE)


def test_adjacent_segments_with_equal_price_quantity_and_state_are_merged() -> None:
    """PRO-1: 1–10 and 10–… with the same quantity are one piece, a change of quantity cuts."""
    same = [segment(MAY, date(2027, 5, 10)), segment(date(2027, 5, 10))]
    changed = [segment(MAY, date(2027, 5, 10)), segment(date(2027, 5, 10), quantity=TWO)]
    assert spans(pieces(same, MAY, JUNE)) == [(1, 1, ONE)]
    assert spans(pieces(changed, MAY, JUNE)) == [(1, 10, ONE), (10, 1, TWO)]


def test_what_is_off_owes_nothing() -> None:
    timeline = [
        segment(MAY, date(2027, 5, 11)),
        segment(date(2027, 5, 11), date(2027, 5, 21), state="OFF"),
        segment(date(2027, 5, 21)),
    ]
    assert spans(pieces(timeline, MAY, JUNE)) == [(1, 11, ONE), (21, 1, ONE)]
    assert pieces([segment(MAY, state="OFF")], MAY, JUNE) == []


def test_start_policy_full_counts_the_whole_period_and_free_none() -> None:
    """PRO-2: a charge that begins on the 19th owes all of May, or none of it."""
    begins = [segment(date(2027, 5, 19))]
    (full,) = pieces(begins, MAY, JUNE, Policies(start="FULL"))
    assert (full.start.day, full.counted_from, full.counted_to) == (19, MAY, JUNE)
    assert pieces(begins, MAY, JUNE, Policies(start="FREE")) == []
    assert len(pieces(begins, JUNE, date(2027, 7, 1), Policies(start="FREE"))) == 1


def test_end_policy_keep_owes_the_period_to_its_end() -> None:
    """PRO-2: no credit for the unused part."""
    ends = [segment(date(2027, 1, 1), date(2027, 5, 12))]
    (kept,) = pieces(ends, MAY, JUNE, Policies(end="KEEP"))
    assert (kept.end, kept.counted_to) == (JUNE, JUNE)
    (prorated,) = pieces(ends, MAY, JUNE)
    assert prorated.end == date(2027, 5, 12)


def test_what_the_order_of_the_end_says_goes_before_the_policy() -> None:
    """PRO-2: the last segment tells by its state; the periods before it stay as they are."""
    for policy in ("PRORATE", "KEEP", "FREE"):
        of_offer = Policies(end=policy)
        found = {
            fate: spans(pieces([ending(fate)], MAY, JUNE, of_offer))
            for fate in ("PRORATED", "KEPT", "FREED")
        }
        assert found == {"PRORATED": [(1, 12, ONE)], "KEPT": [(1, 1, ONE)], "FREED": []}
        (whole,) = pieces([ending("FREED")], date(2027, 4, 1), MAY, of_offer)
        assert (whole.start, whole.end) == (date(2027, 4, 1), MAY)
    assert spans(pieces([ending("KEPT")], MAY, JUNE)) == [(1, 1, ONE)], "also of a plain charge"


def ending(state: str) -> Segment:
    return segment(date(2027, 1, 1), date(2027, 5, 12))._replace(state=state)


def test_change_policy_next_period_lets_the_old_quantity_run_to_the_end() -> None:
    """PRO-2: a change on the 10th counts from the next period."""
    changed = [
        segment(date(2027, 1, 1), date(2027, 5, 10)),
        segment(date(2027, 5, 10), quantity=TWO),
    ]
    policies = Policies(change="NEXT_PERIOD")
    assert spans(pieces(changed, MAY, JUNE, policies)) == [(1, 1, ONE)]
    assert spans(pieces(changed, JUNE, date(2027, 7, 1), policies)) == [(1, 1, TWO)]
