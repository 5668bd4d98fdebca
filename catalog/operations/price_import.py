"""Prices from a file: compared first, then drafted; publishing them takes a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from audit.models import ImportBatch
from catalog.models import Charge, PriceBook, PriceTier, PriceVersion
from catalog.operations.files import lines_of
from catalog.queries import price_lists
from catalog.queries.terms import ChargeTerms, charge_terms
from catalog.rules import price_diff
from catalog.rules.checklist import price_problems
from catalog.rules.price_diff import Change, RetroactiveRow
from catalog.rules.price_rows import OPTIONAL, REQUIRED, Proposal, proposals, read_rows, refuse
from catalog.rules.pricing import PriceTerms
from catalog.rules.selection import Candidate, attribute_pairs
from foundation.locks import advisory_lock
from foundation.permissions import require
from foundation.tabular import Limits, RowProblem

KIND: Final = "catalog.prices"
LIMITS: Final = Limits(file_bytes=20 * 1024 * 1024, csv_rows=50_000, xlsx_rows=50_000, columns=40)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a price file changes, or would change, and which rows are not taken."""

    filename: str
    rows: int
    changes: Sequence[Change]
    problems: Sequence[RowProblem]
    batch: ImportBatch | None = None
    drafted: Sequence[int] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Count rows, changes by kind, and rejected rows."""
        rejected = len({problem.row for problem in self.problems})
        return {
            "rows": self.rows,
            **price_diff.counts(self.changes),
            "rejected_rows": rejected,
            "drafted": len(self.drafted),
        }


def import_prices(
    *, content: bytes, filename: str, on_date: date, actor: User | None, dry_run: bool = False
) -> ImportReport:
    """Compare a price file with the catalogue and draft what is new, changed or ended.

    Prices with a bad row are left out and told; the others become drafts of one batch, in one
    transaction. `on_date` is today: days past are not changed. A dry run writes nothing. The same
    file is taken once.

    Raises: FileRefused; audit.operations.AlreadyImported.
    Source: docs/formats/prices.md.
    """
    require(actor, "catalog.import_prices")
    lines = lines_of(
        content, filename, kind=KIND, required=REQUIRED, optional=OPTIONAL, limits=LIMITS,
        actor=actor, dry_run=dry_run,
    )  # fmt: skip
    rows, problems = read_rows(lines)
    found, more = proposals(rows)
    problems += more
    if dry_run:
        changes, more = _compared(found, on_date)
        return ImportReport(filename, len(lines), changes, _ordered(problems + more))
    with transaction.atomic():
        batch = audit.operations.open_batch(
            kind=KIND, filename=filename, content=content, actor=actor
        )
        advisory_lock("import", KIND)
        changes, more = _compared(found, on_date)
        drafted = _draft(changes, batch, actor)
        report = ImportReport(
            filename, len(lines), changes, _ordered(problems + more), batch, drafted
        )
        audit.operations.close_batch(batch, counts=report.counts, errors=report.problems)
    return report


def _ordered(problems: Sequence[RowProblem]) -> list[RowProblem]:
    return sorted(problems, key=lambda problem: (problem.row, problem.column))


def _compared(found: Sequence[Proposal], on_date: date) -> tuple[list[Change], list[RowProblem]]:
    """Check each proposal against its charge and compare it with the prices of its key."""
    charges = price_lists.charges_by_reference({one.key.charge for one in found})
    terms = {reference: charge_terms(charge) for reference, charge in charges.items()}
    books = set(PriceBook.objects.values_list("code", flat=True))
    standing = price_lists.standing_prices(charge.pk for charge in charges.values())
    changes: list[Change] = []
    problems: list[RowProblem] = []
    for one in found:
        wrong = _wrong(one, terms.get(one.key.charge), books)
        if not wrong:
            try:
                changes.append(price_diff.compare(one, standing.get(one.key, ()), on_date))
            except RetroactiveRow as refusal:
                wrong = refuse(one, "valid_from", refusal.rule, str(refusal))
        problems += wrong
    return changes, problems


def _wrong(one: Proposal, charge: ChargeTerms | None, books: set[str]) -> list[RowProblem]:
    if charge is None:
        message = f"there is no charge {one.key.charge}; write offer/version/charge"
        return refuse(one, "charge", "UNKNOWN", message)
    if one.key.pricebook and one.key.pricebook not in books:
        return refuse(one, "pricebook", "UNKNOWN", f"there is no book {one.key.pricebook}")
    if one.model != charge.model:
        message = f"the charge is priced by {charge.model}, not by {one.model}"
        return refuse(one, "model", "TIER-2", message)
    return [
        problem
        for found in price_problems(charge, _candidate(one))
        for problem in refuse(one, _COLUMNS.get(found.where, found.where), *found[::2])
    ]


_COLUMNS: Final = {"flat_amount": "flat", "included": "free_units", "tiers": "tier_seq"}


def _candidate(one: Proposal) -> Candidate:
    values = one.values
    terms = PriceTerms(
        price_version_id=0,
        model=one.model,
        currency=one.key.currency,
        unit_price=values.unit_price,
        flat_amount=values.flat_amount,
        percent=values.percent,
        min_amount=values.min_amount,
        max_amount=values.max_amount,
        package_size=values.package_size,
        included=values.free_units,
        tiers=values.tiers,
        event_fee=values.event_fee,
        event_min=values.event_min,
        event_max=values.event_max,
        free_events=values.free_events,
        free_amount=values.free_amount,
    )
    return Candidate(terms, one.starts, one.ends, attributes=attribute_pairs(one.key.attributes))


def _draft(changes: Sequence[Change], batch: ImportBatch, actor: User | None) -> list[int]:
    """Write the drafts of a batch at once; the row history keeps who and when."""
    wanted = [change for change in changes if change.kind != price_diff.UNCHANGED]
    charges = price_lists.charges_by_reference({one.proposal.key.charge for one in wanted})
    books = {book.code: book for book in PriceBook.objects.all()}
    drafts = [_price(change, charges, books, batch, actor) for change in wanted]
    PriceVersion.objects.bulk_create(drafts, batch_size=500)
    PriceTier.objects.bulk_create(
        [
            PriceTier(
                price_version=draft,
                seq=number,
                upper_inclusive=tier.upper,
                unit_price=tier.unit_price,
                flat_amount=tier.flat_amount,
                cell=tier.cell,
            )
            for draft, change in zip(drafts, wanted, strict=True)
            for number, tier in enumerate(change.proposal.values.tiers, 1)
        ],
        batch_size=1000,
    )
    return [draft.pk for draft in drafts]


def _price(
    change: Change,
    charges: Mapping[str, Charge],
    books: Mapping[str, PriceBook],
    batch: ImportBatch,
    actor: User | None,
) -> PriceVersion:
    one = change.proposal
    values: dict[str, Any] = one.values._asdict()
    del values["tiers"]
    return PriceVersion(
        charge=charges[one.key.charge],
        pricebook=books.get(one.key.pricebook),
        currency=one.key.currency,
        segment=one.key.segment,
        region=one.key.region,
        channel=one.key.channel,
        attribute_key=one.key.attributes,
        valid=DateRange(one.starts, one.ends, "[)"),
        supersedes_id=change.supersedes,
        batch_id=batch.pk,
        created_by=actor,
        updated_by=actor,
        **values,
    )
