"""Tax of a credit: the original line's tax, to the last cent."""

from __future__ import annotations

from decimal import Decimal

from foundation.money import quantize


class CannotCreditMoreThanTheLine(Exception):
    """More net would be credited than the line holds."""

    rule = "TAX-12"


def credit_share(
    line_tax: Decimal,
    line_net: Decimal,
    credited_net_before: Decimal,
    credit_net: Decimal,
    *,
    currency: str,
    tax_credited_before: Decimal | None = None,
) -> Decimal:
    """Return the tax that belongs to crediting `credit_net` of a line (TAX-12).

    All amounts are given with the sign of the original line. The share is cumulative: what all
    credits together should return, less what they returned before, so a full credit in any number
    of parts returns exactly the line's tax. Without `tax_credited_before` the earlier credits are
    taken to have followed this rule.

    Raises: CannotCreditMoreThanTheLine.
    """
    after = credited_net_before + credit_net
    if abs(after) > abs(line_net) or after * line_net < 0:
        message = (
            f"{credit_net} cannot be credited: of {line_net} {currency} "
            f"{line_net - credited_net_before} are left."
        )
        raise CannotCreditMoreThanTheLine(message)
    if tax_credited_before is None:
        tax_credited_before = _returned(line_tax, line_net, credited_net_before, currency)
    if line_net == 0:
        return line_tax - tax_credited_before
    return _returned(line_tax, line_net, after, currency) - tax_credited_before


def _returned(line_tax: Decimal, line_net: Decimal, net: Decimal, currency: str) -> Decimal:
    if net == line_net and line_net != 0:
        return line_tax
    if net == 0:
        return Decimal(0)
    return quantize(line_tax * net / line_net, currency)
