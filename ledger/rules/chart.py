"""The minimal chart of accounts (4.1) and the default posting rules (4.2) of a legal entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """One account of the minimal chart; a control account is recomputable from documents."""

    number: str
    name: str
    kind: str
    is_control: bool = False


@dataclass(frozen=True, slots=True)
class DefaultRule:
    """Which accounts an event moves; `gl_code` narrows it, empty is the fallback."""

    event: str
    debit: str
    credit: str
    gl_code: str = ""


CHART: Final = (
    ChartAccount("1000", "Bank", "ASSET"),
    ChartAccount("1010", "Clearing card", "ASSET"),
    ChartAccount("1011", "Clearing direct debit", "ASSET"),
    ChartAccount("1012", "Clearing lockbox and cheque", "ASSET"),
    ChartAccount("1013", "Clearing other tender", "ASSET"),
    ChartAccount("1060", "Disputed with acquirer", "ASSET"),
    ChartAccount("1100", "Accounts receivable", "ASSET", is_control=True),
    ChartAccount("1150", "Allowance for credit losses", "ASSET"),
    ChartAccount("1200", "Unbilled receivables", "ASSET"),
    ChartAccount("1250", "Contract assets", "ASSET"),
    ChartAccount("2100", "Customer credits and unapplied cash", "LIABILITY", is_control=True),
    ChartAccount("2110", "Customer deposits", "LIABILITY", is_control=True),
    ChartAccount("2120", "Unidentified receipts", "LIABILITY"),
    ChartAccount("2130", "Refunds payable", "LIABILITY"),
    ChartAccount("2140", "Prepaid balances", "LIABILITY", is_control=True),
    ChartAccount("2200", "Tax payable", "LIABILITY", is_control=True),
    ChartAccount("2210", "Regulatory surcharges payable", "LIABILITY"),
    ChartAccount("2300", "Partner settlement", "LIABILITY"),
    ChartAccount("2400", "Contract liabilities", "LIABILITY", is_control=True),
    ChartAccount("2900", "Unclaimed property", "LIABILITY"),
    ChartAccount("4000", "Recurring revenue", "REVENUE"),
    ChartAccount("4100", "Usage revenue", "REVENUE"),
    ChartAccount("4200", "One-time revenue", "REVENUE"),
    ChartAccount("4300", "Equipment revenue", "REVENUE"),
    ChartAccount("4400", "Fees and termination", "REVENUE"),
    ChartAccount("4450", "Late-payment income", "REVENUE"),
    ChartAccount("4500", "Breakage", "REVENUE"),
    ChartAccount("4800", "Goodwill credits", "REVENUE"),
    ChartAccount("5100", "Credit-loss expense", "EXPENSE"),
    ChartAccount("5200", "Processing fees", "EXPENSE"),
    ChartAccount("5210", "Chargeback fees", "EXPENSE"),
    ChartAccount("5300", "Partner commission", "EXPENSE"),
    ChartAccount("7100", "Exchange differences, realised", "EXPENSE"),
    ChartAccount("7110", "Exchange differences, unrealised", "EXPENSE"),
    ChartAccount("7200", "Interest expense", "EXPENSE"),
    ChartAccount("7900", "Rounding", "EXPENSE"),
)

_REVENUE: Final = (
    ("RECURRING", "4000"),
    ("USAGE", "4100"),
    ("ONE_TIME", "4200"),
    ("EQUIPMENT", "4300"),
    ("FEE", "4400"),
)
_TENDERS: Final = (
    ("CARD", "1010"),
    ("DIRECT_DEBIT", "1011"),
    ("CHEQUE", "1012"),
    ("BANK", "1000"),
    ("", "1013"),
)

POSTING_RULES: Final = (
    # Invoices: revenue lines, tax, surcharges and cash rounding of the same document.
    DefaultRule("J1", "1100", "2400"),
    DefaultRule("J1", "1100", "2200", "TAX"),
    DefaultRule("J1", "1100", "2210", "SURCHARGE"),
    DefaultRule("J1", "1100", "7900", "ROUNDING"),
    DefaultRule("J2", "1100", "4450"),
    DefaultRule("J2", "1100", "2200", "TAX"),
    DefaultRule("J3", "1100", "2110"),
    DefaultRule("J4", "1100", "2140"),
    DefaultRule("J5", "1100", "2300"),
    # Debit memos, posted like invoices.
    DefaultRule("J6", "1100", "2400"),
    DefaultRule("J6", "1100", "4450", "LATE_FEE"),
    DefaultRule("J6", "1100", "2200", "TAX"),
    DefaultRule("J6", "1100", "2210", "SURCHARGE"),
    # Credit notes: the unearned part, the earned part, goodwill; then their use.
    DefaultRule("J7", "2400", "2100"),
    DefaultRule("J7", "2200", "2100", "TAX"),
    DefaultRule("J7", "2210", "2100", "SURCHARGE"),
    DefaultRule("J7", "7900", "2100", "ROUNDING"),
    *(DefaultRule("J8", number, "2100", code) for code, number in _REVENUE),
    DefaultRule("J8", "4400", "2100"),
    DefaultRule("J8", "4450", "2100", "LATE_FEE"),
    DefaultRule("J8", "2200", "2100", "TAX"),
    DefaultRule("J8", "2210", "2100", "SURCHARGE"),
    DefaultRule("J9", "4800", "2100"),
    DefaultRule("J9", "2200", "2100", "TAX"),
    DefaultRule("J9", "2210", "2100", "SURCHARGE"),
    DefaultRule("J12", "2100", "1100"),
    # Money in, without an owner, and back out.
    *(DefaultRule("J13", number, "2100", code) for code, number in _TENDERS),
    *(DefaultRule("J14", number, "2120", code) for code, number in _TENDERS if code),
    DefaultRule("J14", "1012", "2120"),
    DefaultRule("J14", "2120", "2100", "IDENTIFIED"),
    *(DefaultRule("J17", "2100", number, code) for code, number in _TENDERS),
    DefaultRule("J18", "1100", "4400"),
    DefaultRule("J19", "2100", "2130"),
    # Balances of money: used (paid for, given), expired, paid back.
    DefaultRule("J25", "2140", "1100"),
    DefaultRule("J25", "4800", "1100", "GIVEN"),
    DefaultRule("J26", "2140", "4500"),
    DefaultRule("J27", "2140", "2100"),
    DefaultRule("J27", "2140", "4400", "FEE"),
    # Revenue recognition.
    *(DefaultRule("J28", "2400", number, code) for code, number in _REVENUE),
    DefaultRule("J34", "1150", "1100"),
    DefaultRule("J35", "5100", "1100"),
    DefaultRule("J38", "7100", "7100"),
)

EVENTS: Final = {
    "J1": "Invoice",
    "J2": "Late fee",
    "J3": "Deposit asked for",
    "J4": "Prepaid balance sold",
    "J6": "Debit memo",
    "J7": "Credit memo, unearned",
    "J8": "Credit memo, earned",
    "J9": "Goodwill",
    "J12": "Credit applied",
    "J13": "Payment",
    "J14": "Receipt without owner",
    "J17": "Payment taken back",
    "J26": "Prepaid balance expired",
    "J27": "Prepaid balance paid back",
    "J38": "Exchange difference",
}
"""What happened, in the words of a list, by the event that posts it."""


def event_title(event: str) -> str:
    """Write an event as staff read it: "J12 Credit applied"; its code alone where it is rare."""
    return f"{event} {EVENTS[event]}" if event in EVENTS else event
