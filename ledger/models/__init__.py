"""Legal entities, currencies and rates, number series, the chart, periods and the journal."""

from ledger.models.access import EntityAccess
from ledger.models.chart import GLAccount, PostingRule
from ledger.models.currency import Currency, ExchangeRate
from ledger.models.entity import LegalEntity, NumberSeries
from ledger.models.journal import JournalEntry, JournalLine
from ledger.models.period import AccountingPeriod

__all__ = [
    "AccountingPeriod",
    "Currency",
    "EntityAccess",
    "ExchangeRate",
    "GLAccount",
    "JournalEntry",
    "JournalLine",
    "LegalEntity",
    "NumberSeries",
    "PostingRule",
]
