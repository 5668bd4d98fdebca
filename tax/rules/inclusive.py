"""Inclusive prices: the tax that a gross amount holds (TAX-10)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from foundation.money import quantize, round_places
from tax.rules.groups import Work, spread
from tax.rules.plans import FLAT_LINE, NONE, PER_UNIT
from tax.rules.terms import ONE, ZERO

_GUARD = 15  # places; the last digits of a quotient must not decide a half cent


def tax_inclusive(works: Sequence[Work], currency: str) -> None:
    """Take the taxes out of lines rounded together; all share one plan and its exemptions.

    Every tax is a·net + b (b for amounts per unit or line), so that net = (G − Σb) / (1 + Σa).
    For parallel percentages this is G − G/(1+Σr), split on the rates (TAX-10).
    """
    exact = _exact_taxes(works)
    by_step = [round_places(sum(column, ZERO), _GUARD) for column in zip(*exact, strict=True)]
    total = quantize(sum(by_step, ZERO), currency)
    for number, amount in enumerate(spread(total, by_step, currency)):
        column = [taxes[number] for taxes in exact]
        for work, share in zip(works, spread(amount, column, currency), strict=True):
            work.amounts[number] = share
    for work in works:
        work.net = work.line.amount - sum(work.amounts, ZERO)


def _exact_taxes(works: Sequence[Work]) -> list[list[Decimal]]:
    """Return the unrounded taxes of each line, capped by line and by document (TAX-8)."""
    steps = works[0].plan.steps
    fixed: list[dict[int, Decimal]] = [{} for _ in works]
    exact = [_solve(work, {}) for work in works]
    for number, step in enumerate(steps):
        if step.cap is None:
            continue
        column = [taxes[number] for taxes in exact]
        if step.cap_scope == "LINE":
            limited = [max(-step.cap, min(step.cap, tax)) for tax in column]
        else:
            whole = abs(sum(column, ZERO))
            limited = [tax * step.cap / whole if whole > step.cap else tax for tax in column]
        if limited != column:
            for amounts, tax in zip(fixed, limited, strict=True):
                amounts[number] = tax
            exact = [_solve(work, known) for work, known in zip(works, fixed, strict=True)]
    return exact


def _solve(work: Work, known: dict[int, Decimal]) -> list[Decimal]:
    """Return the exact tax of each step of one line, given the capped ones."""
    gross = work.line.amount
    slopes: list[Decimal] = []
    fixed: list[Decimal] = []
    for number, step in enumerate(work.plan.steps):
        left = ONE - work.exempt[number][0] if number in work.exempt else ONE
        slope, amount = ZERO, ZERO
        if number in known:
            amount = known[number]
        elif step.kind == NONE or gross == 0:
            pass
        elif step.kind == PER_UNIT:
            amount = work.line.quantity * step.rate * step.share * left
        elif step.kind == FLAT_LINE:
            amount = (step.rate if gross > 0 else -step.rate) * left
        else:
            rate = step.rate * step.share * left
            slope = rate * (ONE + sum((slopes[i] for i in step.base), ZERO))
            amount = rate * sum((fixed[i] for i in step.base), ZERO)
        slopes.append(slope)
        fixed.append(amount)
    net = (gross - sum(fixed, ZERO)) / (ONE + sum(slopes, ZERO))
    return [a * net + b for a, b in zip(slopes, fixed, strict=True)]
