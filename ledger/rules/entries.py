"""The arithmetic of a journal entry: it balances, in its own and in functional currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from foundation.money import allocate, quantize

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One side of one account, `account` being its number; exactly one side is not zero.

    A line of an exchange difference has no amount in transaction currency, only functional ones.
    """

    account: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    functional_debit: Decimal | None = None
    functional_credit: Decimal | None = None
    customer_id: int | None = None
    payer_id: int | None = None
    product_id: int | None = None
    jurisdiction_id: int | None = None
    tax_type: str = ""


class UnbalancedEntry(ValueError):
    """Debits and credits differ, or a line is no line."""


def balanced(
    lines: Sequence[EntryLine], *, currency: str, functional_currency: str, fx_rate: Decimal
) -> list[EntryLine]:
    """Return the lines with functional amounts, balanced in both currencies (LED-1).

    `fx_rate` is functional currency per one of `currency`. The converted total is rounded once
    and shared out over each side, so that rounding never unbalances an entry. Lines that bring
    functional amounts of their own must all do so.

    Raises: UnbalancedEntry.
    """
    if not lines:
        raise UnbalancedEntry("an entry has lines")
    for line in lines:
        _require_line(line, currency)
    debit, credit = sum((x.debit for x in lines), ZERO), sum((x.credit for x in lines), ZERO)
    if debit != credit:
        raise UnbalancedEntry(f"debits of {debit} and credits of {credit} {currency} differ")
    if any(x.functional_debit is not None or x.functional_credit is not None for x in lines):
        return _as_given(lines, functional_currency)

    total = quantize(debit * fx_rate, functional_currency)
    by_debit = iter(_shares(total, [x.debit for x in lines if x.debit], functional_currency))
    by_credit = iter(_shares(total, [x.credit for x in lines if x.credit], functional_currency))
    return [
        replace(
            line,
            functional_debit=next(by_debit) if line.debit else ZERO,
            functional_credit=next(by_credit) if line.credit else ZERO,
        )
        for line in lines
    ]


def mirrored(line: EntryLine) -> EntryLine:
    """Return the line with its sides swapped (LED-3)."""
    return replace(
        line,
        debit=line.credit,
        credit=line.debit,
        functional_debit=line.functional_credit,
        functional_credit=line.functional_debit,
    )


def _require_line(line: EntryLine, currency: str) -> None:
    if line.debit < 0 or line.credit < 0 or (line.debit and line.credit):
        raise UnbalancedEntry(f"account {line.account}: a line has one side, and it is positive")
    if line.debit != quantize(line.debit, currency) or line.credit != quantize(
        line.credit, currency
    ):
        raise UnbalancedEntry(f"account {line.account}: finer than the minor unit of {currency}")


def _as_given(lines: Sequence[EntryLine], functional_currency: str) -> list[EntryLine]:
    given = [
        replace(
            line,
            functional_debit=line.functional_debit or ZERO,
            functional_credit=line.functional_credit or ZERO,
        )
        for line in lines
    ]
    debit = sum((line.functional_debit or ZERO for line in given), ZERO)
    credit = sum((line.functional_credit or ZERO for line in given), ZERO)
    if debit != credit:
        raise UnbalancedEntry(
            f"functional debits of {debit} and credits of {credit} {functional_currency} differ"
        )
    return given


def _shares(total: Decimal, amounts: list[Decimal], currency: str) -> list[Decimal]:
    return allocate(total, amounts, currency) if amounts else []
