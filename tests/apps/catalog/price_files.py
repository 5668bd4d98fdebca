"""Price files, sent as a person would, and what came of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from catalog import operations
from catalog.operations import ImportReport
from catalog.rules.pricing import Tier

D = Decimal
TODAY = date(2027, 3, 1)
HEAD = "charge,currency,valid_from,model,flat\n"
TIERED = "charge,currency,valid_from,model,tier_seq,tier_upper,unit_price\n"
TIERS = (Tier(D(100), D("0.10"), D(0)), Tier(None, D("0.05"), D(0)))


def send(
    content: str | bytes, *, name: str = "prices.csv", dry_run: bool = False, on: date = TODAY
) -> ImportReport:
    data = content.encode() if isinstance(content, str) else content
    return operations.import_prices(
        content=data, filename=name, on_date=on, actor=None, dry_run=dry_run
    )


def kinds(report: ImportReport) -> list[str]:
    return [change.kind for change in report.changes]


def told(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.rule) for problem in report.problems]


# -- Files that are refused as a whole -----------------------------------------------------------
GOOD = HEAD + "FIBER/1/RENTAL,USD,2027-04-01,FLAT,9\n"


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()
