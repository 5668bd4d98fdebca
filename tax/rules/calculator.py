"""The tax calculator: called for every line of every document."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from foundation.money import quantize
from tax.rules.groups import Work, spread, tax_exclusive
from tax.rules.inclusive import tax_inclusive
from tax.rules.plans import NONE, PER_UNIT, PERCENT, Plan
from tax.rules.sourcing import split_by_days
from tax.rules.tables import TaxTables, regime_of
from tax.rules.terms import ONE, ZERO, LineTax, TaxableLine, TaxAmount, TaxDocument

_new = tuple.__new__


def calculate(document: TaxDocument, tables: TaxTables) -> list[LineTax]:
    """Return the taxes of every line of a document, in the order of its lines (TAX-1…6, 8…11).

    With LINE rounding each line is rounded by itself; with DOCUMENT rounding the sum of a group
    (jurisdiction, type, category, rate) is rounded and allocated to its lines (TAX-9); a tax
    capped by document makes its lines round together in any case. A line whose place splits by
    days is taxed in parts and answered as one.

    Raises: TaxRateMissing.
    """
    currency = document.currency
    regime = regime_of(document.customer_kind, document.vat_ok, document.seller_country, currency)
    by_line = document.rounding == "LINE"
    plans = tables.plans
    splits = tables.splits
    answers: list[LineTax | None] = []
    careful: list[tuple[int, TaxableLine, Plan]] = []
    for line in document.lines:
        key, net, category, place, day, _, inclusive, exemptions, period, _ = line
        if period is not None and place in splits:
            careful += _parts(len(answers), line, tables, regime, currency)
            answers.append(None)
            continue
        plan = plans.get((category, place, regime, day))
        if plan is None:
            plan = tables.plan(category, place, regime, day)
        if not plan.steps:
            answers.append(LineTax(key, net, ()))
        elif by_line and plan.plain and not inclusive and not exemptions:
            answers.append(_new(LineTax, (key, net, plain_taxes(plan, net, currency))))
        elif by_line and plan.direct and not inclusive and not exemptions:
            answers.append(LineTax(key, net, direct_taxes(plan, line, currency)))
        else:
            careful.append((len(answers), line, plan))
            answers.append(None)
    if careful and not by_line and all(_is_plain(line, plan) for _, line, plan in careful):
        _plain_document(careful, answers, currency)
    elif careful:
        _with_care(careful, answers, by_line=by_line, currency=currency)
    return answers  # type: ignore[return-value]  # every None has been answered


def plain_taxes(plan: Plan, net: Decimal, currency: str) -> tuple[TaxAmount, ...]:
    """Return net times rate for each step of a plain plan, rounded by line."""
    return tuple(
        [
            _new(
                TaxAmount,
                (
                    step[0],
                    step[1],
                    step[2],
                    step[4],
                    net,
                    quantize(net * step[4], currency),
                    None,
                    step[11],
                ),
            )
            for step in plan.steps
        ]
    )


def direct_taxes(plan: Plan, line: TaxableLine, currency: str) -> tuple[TaxAmount, ...]:
    """Return the taxes of one exclusive line without certificates, rounded by line (TAX-8)."""
    net = line.amount
    amounts: list[Decimal] = []
    taxes: list[TaxAmount] = []
    for place, tax, code, kind, rate, share, cap, _, base, _, _, trace in plan.steps:
        basis = net
        for earlier in base:
            basis += amounts[earlier]
        if share != ONE:
            basis = quantize(basis * share, currency)
        if kind == PERCENT:
            amount = basis * rate
        elif kind == NONE or net == 0 or (line.is_part and kind != PERCENT):
            amount = ZERO
        elif kind == PER_UNIT:
            amount = line.quantity * rate * share
        else:
            amount = rate if net > 0 else -rate
        if cap is not None:
            amount = max(-cap, min(cap, amount))
        amount = quantize(amount, currency)
        amounts.append(amount)
        taxes.append(_new(TaxAmount, (place, tax, code, rate, basis, amount, None, trace)))
    return tuple(taxes)


def _is_plain(line: TaxableLine, plan: Plan) -> bool:
    return plan.plain and not line.inclusive and not line.exemptions


def _plain_document(
    lines: Sequence[tuple[int, TaxableLine, Plan]], answers: list[LineTax | None], currency: str
) -> None:
    """Round each group's net times rate once and allocate it on net (TAX-9, DOCUMENT)."""
    groups: dict[str, list[tuple[int, Decimal]]] = {}
    for number, (_, line, plan) in enumerate(lines):
        for group in plan.groups:
            groups.setdefault(group, []).append((number, line.amount))
    amounts: dict[tuple[str, int], Decimal] = {}
    for group, members in groups.items():
        rate = Decimal(group[: group.index("|")])
        exact = [net * rate for _, net in members]
        total = quantize(sum(exact, ZERO), currency)
        for (number, _), part in zip(members, spread(total, exact, currency), strict=True):
            amounts[group, number] = part
    gathered: dict[int, LineTax] = {}
    for number, (position, line, plan) in enumerate(lines):
        net = line.amount
        taxes = [
            _new(
                TaxAmount,
                (step[0], step[1], step[2], step[4], net, amounts[group, number], None, step[11]),
            )
            for group, step in zip(plan.groups, plan.steps, strict=True)
        ]
        answer = LineTax(line.key, net, tuple(taxes))
        before = gathered.get(position)
        if before is not None:  # the parts of a line split by days
            answer = LineTax(answer.key, before.net + net, before.taxes + answer.taxes)
        answers[position] = gathered[position] = answer


def _parts(
    position: int, line: TaxableLine, tables: TaxTables, regime: str, currency: str
) -> list[tuple[int, TaxableLine, Plan]]:
    """Split a line over its period where its plan changes (TAX-1, SPLIT_BY_DAYS)."""
    assert line.period is not None
    start, end = line.period
    cuts = []
    before = tables.plan(line.category, line.jurisdiction_id, regime, start)
    for day in sorted(tables.changes(line.jurisdiction_id)):
        if start < day < end:
            after = tables.plan(line.category, line.jurisdiction_id, regime, day)
            if after != before:
                cuts.append(day)
            before = after
    parts = []
    for day, amount in split_by_days(line.amount, currency, line.period, cuts):
        part = line._replace(amount=amount, tax_date=day, period=None)
        plan = tables.plan(line.category, line.jurisdiction_id, regime, day)
        parts.append((position, part, plan))
    return parts


def _with_care(
    careful: Sequence[tuple[int, TaxableLine, Plan]],
    answers: list[LineTax | None],
    *,
    by_line: bool,
    currency: str,
) -> None:
    """Tax what needs more than net times rate, and put the answers into their places."""
    works = [Work(position, line, plan) for position, line, plan in careful]
    groups: dict[object, list[Work]] = {}
    for number, work in enumerate(works):
        if work.line.inclusive:
            alone = by_line and not work.plan.caps_document
            key: object = (number,) if alone else (work.plan, work.exempt_key())
        else:
            key = number if by_line and not work.plan.caps_document else None
        groups.setdefault(key, []).append(work)
    for members in groups.values():
        if members[0].line.inclusive:
            tax_inclusive(members, currency)
        else:
            tax_exclusive(members, currency)
    gathered: dict[int, list[Work]] = {}
    for work in works:
        gathered.setdefault(work.position, []).append(work)
    for position, parts in gathered.items():
        net = parts[0].net if len(parts) == 1 else sum((one.net for one in parts), Decimal(0))
        taxes = tuple(tax for one in parts for tax in one.taxes(currency))
        answers[position] = LineTax(parts[0].line.key, net, taxes)
