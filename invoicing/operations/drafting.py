"""Draft the documents of a chunk of payers: CHARGE, TAX and DRAFT of a run (BR-1, BR-4).

One transaction a chunk. The calculation is pure Python over rows read by COPY; what goes wrong
with one payer is noted on that payer alone and never stops the others (F04).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.db import DataError, transaction
from django.db.backends.utils import CursorWrapper

from catalog.rules.terms import CannotPriceQuantity
from foundation.copying import copy_text, escape
from foundation.periods import Period
from foundation.proration import CannotProrate
from foundation.sql import run as run_statement
from invoicing.operations.committing import make_up
from invoicing.operations.discounting import discount
from invoicing.operations.frame import Frame
from invoicing.operations.inputs import Owner, Payer, Waiting, read_chunk
from invoicing.operations.interims import keep_running_usage
from invoicing.operations.prepaid import lay_out
from invoicing.operations.reading import array, own_rows
from invoicing.operations.writing import Draft, Writer
from invoicing.rules.charging import charge
from invoicing.rules.difference import Billed, BilledLessThanNothing, Change, Target
from invoicing.rules.discounting import Owed
from invoicing.rules.documents import Entry, Original, Subject, documents
from invoicing.rules.findings import LEFT_OFF, Facts, Found, findings
from invoicing.rules.largest import too_large
from invoicing.rules.prices import PriceMissing
from tax.rules import TaxAmount

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
LEAVES_OFF: Final = (
    PriceMissing, CannotPriceQuantity, CannotProrate, BilledLessThanNothing,
)  # fmt: skip
"""What keeps one charge from being billed, and none but that one."""
FINDING_COLUMNS: Final = ("run_id", "payer_id", "rule", "severity", "message")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Charged:
    """What one payer is to be billed, before tax, and what was noticed."""

    payer: Payer
    entries: list[Entry] = field(default_factory=list)
    late: list[Entry] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    unbilled: list[str] = field(default_factory=list)
    repriced: list[str] = field(default_factory=list)
    left_off: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """How a payer left the drafting: state, reason, signed total, documents, findings."""

    payer_id: int
    state: str
    reason: str = ""
    amount: Decimal = ZERO
    documents: int = 0
    found: list[Found] = field(default_factory=list)

    @property
    def problem(self) -> str:
        """Return why the payer, or one of its charges, cannot be billed; empty if nothing is."""
        if self.state == "ERROR":
            return self.reason
        return next((one.message for one in self.found if one.rule == LEFT_OFF), "")


def draft_chunk(
    cursor: CursorWrapper,
    frame: Frame,
    payer_ids: Sequence[int],
    *,
    drafted_before: Sequence[int],
) -> list[Outcome]:
    """Draft the payers and store drafts, items, findings and the state of each payer.

    What an earlier attempt of this run left for the payers `drafted_before` is taken away first,
    so drafting again changes nothing but what the inputs have changed (BR-4). Of a payer whose
    amounts no document holds nothing is stored but the reason.
    """
    if drafted_before:
        discard_drafts(cursor, frame.run_id, drafted_before, keep_findings=False)
    drafts, outcomes = make_drafts(cursor, frame, payer_ids)
    try:
        with transaction.atomic():
            _store(cursor, frame, drafts, outcomes)
    except DataError:
        kept, outcomes = without_too_large(frame, drafts, outcomes)
        if len(kept) == len(drafts):
            raise
        _store(cursor, frame, kept, outcomes)
    return outcomes


def _store(
    cursor: CursorWrapper, frame: Frame, drafts: Sequence[Draft], outcomes: Sequence[Outcome]
) -> None:
    Writer(frame).write(cursor, drafts)
    _store_findings(cursor, frame.run_id, outcomes)
    _store_outcomes(cursor, frame.run_id, outcomes)


def without_too_large(
    frame: Frame, drafts: Sequence[Draft], outcomes: Sequence[Outcome]
) -> tuple[list[Draft], list[Outcome]]:
    """Leave out the payers whose documents no column holds; their outcome says why."""
    large: dict[int, Outcome] = {}
    for one in drafts:
        payer = one.payer
        rate = frame.rate(payer.currency, one.seller.functional_currency)
        if reason := too_large(one.documents, rate):
            large[payer.id] = Outcome(payer.id, "ERROR", reason[:500])
    return (
        [one for one in drafts if one.payer.id not in large],
        [large.get(one.payer_id, one) for one in outcomes],
    )


def discard_drafts(
    cursor: CursorWrapper, run_id: int, payers: Sequence[int], *, keep_findings: bool
) -> None:
    """Take away what the run has drafted for these payers (BR-4)."""
    run_statement(
        cursor,
        "invoicing",
        "discard_drafts",
        run_id=run_id,
        payers=list(payers),
        keep_findings=keep_findings,
    )


def make_drafts(
    cursor: CursorWrapper, frame: Frame, payer_ids: Sequence[int]
) -> tuple[list[Draft], list[Outcome]]:
    """Calculate the documents of the payers without storing anything."""
    payers = read_chunk(cursor, payer_ids, frame.window, frame.steps)
    if frame.is_interim:
        keep_running_usage(payers.values(), frame.plans)
    outcomes: list[Outcome] = []
    charged: list[Charged] = []
    for payer in payers.values():
        try:
            charged.append(charge_payer(payer, frame))
        except Exception as error:  # noqa: BLE001  one bad account is parked, never the run
            outcomes.append(_failed(payer, error))
    originals = _read_originals(cursor, frame, charged)
    drafts: list[Draft] = []
    for one in charged:
        try:
            draft, outcome = _draft(one, frame, originals)
        except Exception as error:  # noqa: BLE001  one bad account is parked, never the run
            outcomes.append(_failed(one.payer, error))
            continue
        outcomes.append(outcome)
        if draft is not None:
            drafts.append(draft)
    lay_out(cursor, frame, drafts)
    return drafts, outcomes


def charge_payer(payer: Payer, frame: Frame) -> Charged:
    """Charge everything the payer pays for (CHG-1), own accounts and those below it (HIER-3).

    A charge that has no price, say, is left off with its reason, and the others are billed.
    """
    found = Charged(payer)
    who, calendar, prices = frame.who(payer), frame.calendar(payer), frame.prices
    plans, subjects, owners = frame.plans, frame.subjects, payer.owners
    owed: list[Owed] = []
    kept: list[tuple[Period, list[Target]]] | None = None
    if payer.is_reduced:
        kept = []
    for charge_id, life in payer.lives:
        plan = plans[charge_id]
        try:
            result = charge(life, plan, who, calendar, prices, payer.id, kept)
        except LEAVES_OFF as why:
            found.left_off.append(f"{why.rule}: {plan.text}: {why}"[:300])
            if kept:
                kept.clear()
            continue
        if kept:
            owed += [Owed(life, plan, period, targets) for period, targets in kept]
            kept.clear()
        if result.items:
            subject, owner = subjects[charge_id], owners[life.owner_id]
            place = frame.place(charge_id, life.place_id or owner.place_id, payer.bill_to)
            exempt = tuple(payer.exemptions.get(owner.id, ())) if payer.exemptions else ()
            for period, change in result.items:
                found.entries.append(
                    Entry(
                        life,
                        subject,
                        period,
                        change,
                        place,
                        change.price_version_id in frame.inclusive,
                        exempt,
                        owner.id,
                        owner.place,
                    )
                )
        if result.is_silent:
            found.silent.append(plan.text)
        if result.is_repriced:
            found.repriced.append(plan.text)
        if result.unbilled_before is not None:
            found.unbilled.append(
                f"{plan.text}: days before {result.unbilled_before} were never billed."
            )
        if result.uncorrected_before is not None:
            found.unbilled.append(
                f"{plan.text}: what was billed before {result.uncorrected_before} "
                "may be wrong too and is not corrected by itself."
            )
    if not found.unbilled:
        found.unbilled += payer.told_late
    if owed:
        reliefs, found.late = discount(payer, frame, owed, found.entries)
        found.entries += reliefs
    if payer.promises:
        found.entries += make_up(payer, frame, [*found.entries, *found.late])
    for item in payer.waiting:
        found.entries.append(_entry_of_waiting(item, payer, frame))
    return found


def _entry_of_waiting(item: Waiting, payer: Payer, frame: Frame) -> Entry:
    """Let an item made before the run join the document (ADJ-1)."""
    subject = Subject(
        item.kind,
        "Other",
        4,
        item.text,
        "",
        item.tax_category,
        item.gl_code,
        item.product_id,
        item.charge_id,
    )
    change = Change(
        item.segment_start,
        item.segment_end,
        "",
        "",
        0,
        item.quantity,
        item.unit_price,
        ONE,
        item.amount,
        item.amount,
        None,
        None,
        None,
        None,
    )
    owner = payer.owners.get(item.account_id) or Owner(payer.id, 0, "", None, payer.bill_to)
    place = frame.place(item.charge_id, owner.place_id, payer.bill_to)
    exempt = tuple(payer.exemptions.get(owner.id, ()))
    return Entry(
        item.id,
        subject,
        Period(item.start, item.end),
        change,
        place,
        False,
        exempt,
        owner.id,
        owner.place,
    )


def _draft(
    one: Charged, frame: Frame, originals: Mapping[int, Original]
) -> tuple[Draft | None, Outcome]:
    """Tax and assemble one payer; look at the result as a reviewer would (BR-5, BR-10)."""
    payer = one.payer
    if not (one.entries or one.late):
        if one.left_off:
            return None, Outcome(payer.id, "ERROR", one.left_off[0])
        found = [Found("CHG-6", "WARN", text) for text in one.unbilled]
        reason = "Nothing to bill."
        return None, Outcome(payer.id, "NOTHING", reason, found=found)
    seller = frame.seller(payer.entity_id)
    frame.rate(payer.currency, seller.functional_currency)
    terms = frame.terms(payer, seller)
    made = documents(one.entries, terms, seller.tables, originals, one.late)
    draft = Draft(payer, seller, made)
    if payer.is_reduced:
        draft.items = {}
    facts = Facts(
        payer.currency,
        draft.total,
        draft.tax,
        payer.previous_total,
        payer.previous_tax,
        tuple(one.silent),
        tuple(one.unbilled),
        tuple(one.repriced),
        tuple(one.left_off),
    )
    found = list(findings(facts, frame.limits))
    held = next((each.message for each in found if each.severity == "BLOCK"), None)
    state = "DRAFTED" if held is None else "HELD"
    return draft, Outcome(payer.id, state, held or "", draft.total, len(made), found)


def _failed(payer: Payer, error: Exception) -> Outcome:
    """Park a payer with the sentence that the refusal gives, or with the error's name."""
    rule = getattr(error, "rule", None)
    if rule is None:
        log.error("payer %s could not be billed", payer.id, exc_info=error)
        reason = f"{type(error).__name__}: {error}"
    else:
        reason = f"{rule}: {error}"
    return Outcome(payer.id, "ERROR", reason[:500])


def _read_originals(
    cursor: CursorWrapper, frame: Frame, charged: Sequence[Charged]
) -> dict[int, Original]:
    """Read the posted lines that reductions give back, with their taxes (TAX-12)."""
    wanted = sorted(
        {
            entry.change.reverses.line_id
            for one in charged
            for entry in one.entries
            if entry.change.reverses is not None
        }
        | {
            entry.relief.base.line_id
            for one in charged
            for entry in (*one.late, *one.entries)
            if entry.relief is not None and isinstance(entry.relief.base, Billed)
        }
    )
    found: dict[int, Original] = {}
    for row in own_rows(cursor, "originals", lines=wanted, run_id=frame.run_id):
        line_id = row[0]
        original = found.get(line_id)
        if original is None:
            original = found[line_id] = Original(line_id, row[1], row[2], row[4], row[5], ())
        if row[6] is not None:
            tax = TaxAmount._make((*row[6:13], row[13] or ""))
            found[line_id] = original._replace(taxes=(*original.taxes, tax))
    return found


def _store_findings(cursor: CursorWrapper, run_id: int, outcomes: Sequence[Outcome]) -> None:
    copy_text(
        cursor,
        "invoicing_billrunfinding",
        FINDING_COLUMNS,
        [
            f"{run_id}\t{one.payer_id}\t{each.rule}\t{each.severity}\t"
            f"{escape(each.message[:300])}\n"
            for one in outcomes
            for each in one.found
        ],
    )


def _store_outcomes(cursor: CursorWrapper, run_id: int, outcomes: Sequence[Outcome]) -> None:
    run_statement(
        cursor,
        "invoicing",
        "store_outcomes",
        run_id=run_id,
        payers=array([one.payer_id for one in outcomes]),
        states=array([one.state for one in outcomes]),
        reasons=[one.reason for one in outcomes],
        amounts=array([one.amount for one in outcomes]),
        documents=array([one.documents for one in outcomes]),
    )
