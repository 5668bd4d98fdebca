"""Reads of the ledger room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from psycopg import sql as psycopg_sql

from foundation import sql
from foundation.errors import Refusal
from foundation.integrity import MOST_FINDINGS, Check, Finding
from ledger.choices import PeriodState, RateKind, Side
from ledger.models import (
    AccountingPeriod,
    Currency,
    EntityAccess,
    ExchangeRate,
    GLAccount,
    JournalEntry,
    JournalLine,
    LegalEntity,
    NumberSeries,
    PostingRule,
)

ZERO: Final = Decimal(0)
MAX_RATE_AGE_DAYS: Final = 7
_LONG_AGO: Final = date(1900, 1, 1)


class FxRateMissing(Refusal):
    """There is no exchange rate recent enough for the date."""

    rule = "FX_RATE_MISSING"


class NoPostingRule(Refusal):
    """No rule says which accounts an event moves."""

    rule = "NO_POSTING_RULE"


class PeriodNotOpen(Refusal):
    """The date is in a closed accounting period, or in none."""

    rule = "LED-2"


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One account in one transaction currency, with its functional amounts."""

    account_id: int
    number: str
    name: str
    kind: str
    currency: str
    debit: Decimal
    credit: Decimal
    functional_debit: Decimal
    functional_credit: Decimal
    movement: Decimal

    @property
    def balance(self) -> Decimal:
        """Debit less credit in functional currency."""
        return self.functional_debit - self.functional_credit


def entities_of(user_id: int) -> frozenset[int] | None:
    """Return the entities that a person works for; None where they work for all (F36)."""
    found = EntityAccess.objects.filter(user=user_id).values_list("entity", flat=True)
    return frozenset(found) or None


def entity_by_code(code: str) -> LegalEntity:
    """Return the legal entity with this code.

    Raises: Refusal when there is none.
    """
    entity = LegalEntity.objects.filter(code=code).first()
    if entity is None:
        raise Refusal(f"there is no legal entity {code!r}", rule="NO_ENTITY")
    return entity


def currency_choices(blank: str = "Choose") -> list[tuple[str, Any]]:
    """Return every currency for a form, those of the legal entities first, after `blank`."""
    own = LegalEntity.objects.filter(functional_currency=OuterRef("code"))
    rows = Currency.objects.annotate(is_own=Exists(own)).values_list("code", "is_own")
    groups: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for code, is_own in rows:
        groups[is_own].append((code, code))
    titled = (("Of the legal entities", groups[True]), ("Others", groups[False]))
    return [("", blank), *((title, found) for title, found in titled if found)]


def only_currency() -> str:
    """Return the currency of all legal entities, "" where they have several: a form's default."""
    found = LegalEntity.objects.order_by().values_list("functional_currency", flat=True)
    codes = list(found.distinct()[:2])
    return codes[0] if len(codes) == 1 else ""


def account_ids(entity_id: int) -> dict[str, int]:
    """Return account number → id of an entity's active accounts."""
    return dict(
        GLAccount.objects.filter(entity_id=entity_id, is_active=True).values_list("number", "id")
    )


def posting_account(entity_id: int, event: str, side: Side, gl_code: str, on_date: date) -> str:
    """Return the number of the account that an event moves on one side.

    The rule for the GL code wins over the fallback with an empty code.

    Raises: NoPostingRule.
    """
    rules = PostingRule.objects.filter(
        entity_id=entity_id, event=event, gl_code__in={gl_code, ""}, valid__contains=on_date
    )
    rule = max(rules, key=lambda candidate: candidate.gl_code == gl_code, default=None)
    if rule is None:
        words = f"{event} {gl_code}".strip()
        raise NoPostingRule(f"no posting rule for {words} on {on_date}")
    return rule.debit_number if side == Side.DEBIT else rule.credit_number


def fx_rate(
    base: str,
    quote: str,
    kind: RateKind,
    on_date: date,
    *,
    max_age_days: int = MAX_RATE_AGE_DAYS,
) -> Decimal:
    """Return how much of `quote` one `base` is worth: the latest rate on or before the date.

    Raises: FxRateMissing when that is older than `max_age_days`, or there is none.
    """
    if base == quote:
        return Decimal(1)
    latest = (
        ExchangeRate.objects.filter(
            base=base,
            quote=quote,
            kind=kind,
            on_date__lte=on_date,
            on_date__gte=on_date - timedelta(days=max_age_days),
        )
        .order_by("-on_date")
        .first()
    )
    if latest is None:
        raise FxRateMissing(
            f"no {kind.lower()} rate {base}/{quote} from the {max_age_days} days up to {on_date}"
        )
    return latest.rate


def trial_balance(
    *, entity: LegalEntity, as_of: date, since: date | None = None
) -> list[BalanceRow]:
    """Return the accounts with lines dated up to `as_of` inclusive, by number and currency.

    `movement` is the functional change from `since` on; without it, since the beginning.
    """
    with connection.cursor() as cursor:
        sql.run(
            cursor,
            "ledger",
            "trial_balance",
            entity=entity.pk,
            as_of=as_of,
            since=since or _LONG_AGO,
        )
        return [BalanceRow(*row) for row in cursor.fetchall()]


def journal_lines(
    *,
    account_id: int | None = None,
    number: str = "",
    currency: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[JournalLine]:
    """Return journal lines with entry and account; dates are accounting dates, both inclusive."""
    lines = JournalLine.objects.select_related("entry", "account")
    if account_id is not None:
        lines = lines.filter(account_id=account_id)
    if number:
        lines = lines.filter(account__number=number)
    if currency:
        lines = lines.filter(currency=currency)
    if since is not None:
        lines = lines.filter(entry__accounting_date__gte=since)
    if until is not None:
        lines = lines.filter(entry__accounting_date__lte=until)
    return lines


def journal_entries(
    *,
    entity_id: int | None = None,
    event: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[JournalEntry]:
    """Return journal entries; dates are accounting dates, both inclusive."""
    entries = JournalEntry.objects.all()
    if entity_id is not None:
        entries = entries.filter(entity_id=entity_id)
    if event:
        entries = entries.filter(event=event)
    if since is not None:
        entries = entries.filter(accounting_date__gte=since)
    if until is not None:
        entries = entries.filter(accounting_date__lte=until)
    return entries


def period_of(entity_id: int, on_date: date) -> AccountingPeriod | None:
    """Return the accounting period that contains the date."""
    return AccountingPeriod.objects.filter(entity_id=entity_id, period__contains=on_date).first()


def require_open_period(entity_id: int, on_date: date) -> AccountingPeriod:
    """Return the open accounting period of a date (LED-2).

    A friendly early answer; the database decides when the entry is written.

    Raises: PeriodNotOpen.
    """
    period = period_of(entity_id, on_date)
    if period is None:
        raise PeriodNotOpen(f"no accounting period is open for {on_date}")
    if period.state != PeriodState.OPEN:
        raise PeriodNotOpen(f"the accounting period {period} is {period.get_state_display()}")
    return period


def number_gaps(
    table: str, doc_types: Sequence[str], *, number_column: str = "number"
) -> list[Finding]:
    """Return the series whose documents are not numbered 1, 2, 3 … without a gap (I-14).

    `table` holds the documents, with `entity_id` and a number column that is empty in drafts.
    """
    query = psycopg_sql.SQL(
        "SELECT count(*), count(DISTINCT {number}), "
        "coalesce(max(substr({number}, %s)::bigint), 0) "
        "FROM {table} WHERE entity_id = %s AND {number} LIKE %s"
    ).format(number=psycopg_sql.Identifier(number_column), table=psycopg_sql.Identifier(table))
    findings = []
    for series in NumberSeries.objects.filter(doc_type__in=doc_types):
        stem, drawn = series.stem, series.next_no - 1
        with connection.cursor() as cursor:
            pattern = stem.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%") + "%"
            cursor.execute(query, [len(stem) + 1, series.entity_id, pattern])
            count, distinct, highest = cursor.fetchone()
        if not count == distinct == highest == drawn:
            findings.append(
                Finding(
                    "I-14",
                    f"series {series} of entity {series.entity_id}",
                    "the numbers have a gap or a double",
                    str(drawn),
                    f"{count} documents, {distinct} numbers, highest {highest}",
                )
            )
    return findings


def check_entries() -> list[Finding]:
    """Find entries that do not balance, have no lines, or are missing to their lines (I-7)."""
    with connection.cursor() as cursor:
        sql.run(cursor, "ledger", "unbalanced_entries", most=MOST_FINDINGS)
        return [
            Finding(
                "I-7",
                f"entry {entry}",
                "the entry does not balance" if debit or credit else "the entry has no lines",
                f"debit {debit}, functional {functional_debit}",
                f"credit {credit}, functional {functional_credit}",
            )
            for entry, debit, credit, functional_debit, functional_credit in cursor.fetchall()
        ]


def check_trial_balance() -> list[Finding]:
    """Find entities whose accounts do not add up to nothing, and lines on no account (I-8)."""
    findings = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.entity_id, l.currency, sum(l.debit), sum(l.credit), "
            "sum(l.functional_debit), sum(l.functional_credit), "
            "count(*) FILTER (WHERE a.id IS NULL) "
            "FROM ledger_journalline l JOIN ledger_journalentry e ON e.id = l.entry_id "
            "LEFT JOIN ledger_glaccount a ON a.id = l.account_id AND a.entity_id = e.entity_id "
            "GROUP BY e.entity_id, l.currency ORDER BY 1, 2"
        )
        for entity, currency, debit, credit, f_debit, f_credit, homeless in cursor.fetchall():
            subject = f"entity {entity} in {currency}"
            if debit != credit or f_debit != f_credit:
                findings.append(
                    Finding(
                        "I-8",
                        subject,
                        "the trial balance does not balance",
                        f"debit {debit}, functional {f_debit}",
                        f"credit {credit}, functional {f_credit}",
                    )
                )
            if homeless:
                findings.append(
                    Finding(
                        "I-8", subject, "lines on no account of the entity", "0", str(homeless)
                    )
                )
    return findings


def check_functional_amounts() -> list[Finding]:
    """Find lines in functional currency whose two amounts differ (I-24)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.entry_id, l.debit - l.credit, l.functional_debit - l.functional_credit "
            "FROM ledger_journalline l JOIN ledger_journalentry e ON e.id = l.entry_id "
            "JOIN ledger_legalentity o ON o.id = e.entity_id "
            "WHERE l.currency = o.functional_currency "
            "AND l.debit - l.credit <> l.functional_debit - l.functional_credit "
            "ORDER BY 1 LIMIT %s",
            [MOST_FINDINGS],
        )
        return [
            Finding(
                "I-24",
                f"entry {entry}",
                "an amount in functional currency differs from itself",
                str(amount),
                str(functional),
            )
            for entry, amount, functional in cursor.fetchall()
        ]


INTEGRITY: tuple[Check, ...] = (
    Check("I-7", "Every journal entry balances", check_entries),
    Check("I-8", "The trial balance balances", check_trial_balance),
    Check("I-24", "Functional amounts agree with the journal", check_functional_amounts),
)
