"""Due dates (INV-4), findings (BR-5) and the periods a run looks at (PER-6 to 8, CHG-6)."""

from datetime import date
from decimal import Decimal

import pytest

from foundation.periods import Period, Rhythm, Unit
from invoicing.rules.calendar import Calendar, Timing, uncovered
from invoicing.rules.due_dates import due_date
from invoicing.rules.findings import Facts, Limits, findings

D = Decimal
MONTHLY = Rhythm(date(2020, 1, 1), Unit.MONTH, 1, 1)
ADVANCE = Timing(True, "CYCLE", "MONTH", 1)
ARREARS = Timing(False, "CYCLE", "MONTH", 1)


@pytest.mark.parametrize(
    ("kind", "days", "due"),
    [
        ("NET", 30, date(2027, 3, 2)),
        ("EOM", 10, date(2027, 2, 10)),
        ("FIXED_DAY", 15, date(2027, 2, 15)),
        ("FIXED_DAY", 31, date(2027, 2, 28)),
        ("ON_RECEIPT", 0, date(2027, 1, 31)),
    ],
)
def test_a_document_of_31_january_is_due(kind: str, days: int, due: date) -> None:
    """INV-4."""
    assert due_date(date(2027, 1, 31), kind, days) == due


def found(**facts: object) -> list[tuple[str, str]]:
    known = {
        "currency": "EUR",
        "total": D(100),
        "tax": D(19),
        "previous_total": D(100),
        "previous_tax": D(19),
    }
    return [(f.rule, f.severity) for f in findings(Facts(**{**known, **facts}), Limits(50, 900))]  # type: ignore[arg-type]


def test_an_ordinary_draft_has_no_findings() -> None:
    assert found() == []


def test_what_stands_out_is_found() -> None:
    """BR-5: zero, negative, first bill, variance, runaway, tax gone, usage gone."""
    assert ("BR-5-ZERO", "WARN") in found(total=D(0), tax=D(0))
    assert ("BR-5-NEGATIVE", "WARN") in found(total=D(-5))
    assert found(previous_total=None, previous_tax=D(0)) == [("BR-5-FIRST", "INFO")]
    assert found(total=D("150")) == [("BR-5-VARIANCE", "WARN")]
    assert found(total=D("149.99")) == []
    assert found(total=D(1001)) == [("BR-5-RUNAWAY", "BLOCK")]
    assert found(tax=D(0)) == [("BR-5-TAX", "WARN")]
    assert found(silent_charges=("calls",)) == [("BR-5-USAGE", "WARN")]


def test_advance_charges_are_owed_to_the_running_period_and_arrears_to_the_last_ended() -> None:
    """PER-8 on 1 June: June in advance, May in arrears; CHG-6 looks three periods back."""
    calendar = Calendar(MONTHLY, date(2027, 6, 1), 3)
    advance = calendar.due(ADVANCE, date(2027, 5, 19))
    arrears = calendar.due(ARREARS, date(2027, 5, 19))
    assert advance.periods[-1] == Period(date(2027, 6, 1), date(2027, 7, 1))
    assert arrears.periods[-1] == Period(date(2027, 5, 1), date(2027, 6, 1))
    assert len(advance.periods) == len(arrears.periods) == 4
    assert advance.horizon == date(2027, 3, 1)
    assert calendar.invoice_period == Period(date(2027, 5, 1), date(2027, 6, 1))


def test_an_annual_charge_has_its_own_steps() -> None:
    """PER-6 ANNIVERSARY: from the start, 29 February kept by PER-3."""
    calendar = Calendar(MONTHLY, date(2029, 3, 1), 1)
    due = calendar.due(Timing(True, "ANNIVERSARY", "YEAR", 1), date(2028, 2, 29))
    assert due.periods == (
        Period(date(2028, 2, 29), date(2029, 2, 28)),
        Period(date(2029, 2, 28), date(2030, 2, 28)),
    )


def test_after_a_change_of_cycle_day_the_stub_is_what_is_not_covered() -> None:
    """PER-7: billed to 15 June by the old cycle; the new one bills 15 June to 1 July."""
    june = Period(date(2027, 6, 1), date(2027, 7, 1))
    old = (date(2027, 5, 15), date(2027, 6, 15))
    assert uncovered(june, [old]) == Period(date(2027, 6, 15), date(2027, 7, 1))
    assert (
        uncovered(
            Period(date(2027, 5, 1), date(2027, 6, 1)),
            [old, (date(2027, 4, 15), date(2027, 5, 15))],
        )
        is None
    )
