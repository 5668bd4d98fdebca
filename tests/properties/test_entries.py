"""Entries balance in both currencies, whatever the rate and the amounts (LED-1)."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from foundation.money import allocate, quantize
from ledger.rules.entries import EntryLine, balanced, mirrored

amounts = st.lists(
    st.decimals(min_value="0.01", max_value=10**9, places=2), min_size=1, max_size=30
)
rates = st.decimals(min_value="0.0000000001", max_value=10**5, places=10)


@given(amounts, amounts, rates, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_led_1_balances_after_conversion(credits_, weights, rate, functional):
    total = sum(credits_)
    debits = allocate(total, weights, "USD")
    lines = balanced(
        [
            *(EntryLine(account="1100", debit=amount) for amount in debits if amount),
            *(EntryLine(account="2400", credit=amount) for amount in credits_),
        ],
        currency="USD",
        functional_currency=functional,
        fx_rate=rate,
    )
    debit = sum(line.functional_debit or Decimal(0) for line in lines)
    credit = sum(line.functional_credit or Decimal(0) for line in lines)
    assert debit == credit == quantize(total * rate, functional)
    for line in lines:
        assert not (line.debit and line.functional_credit)
        assert mirrored(mirrored(line)) == line
