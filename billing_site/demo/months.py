"""Three months in the order in which they happened: files arrive, bills run, people pay."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import invoicing.operations
import payments.operations
import rating.operations
from billing_site.demo.cast import Cast
from billing_site.demo.clients import CYCLE_DAYS, Front, order
from billing_site.demo.people import AccountPlan
from billing_site.demo.usage_files import UsageFilePlan
from customers.models import Account, Subscription
from customers.operations import ItemInput
from foundation.errors import Refusal
from foundation.money import quantize
from invoicing.choices import RunKind, RunState
from invoicing.models import BillCycle, BillRun, Invoice
from payments.models import TenderType
from rating.models import UsageFile, UsageSource

WAIT = timedelta(days=6)
RUNS = (
    ("C15", date(2026, 8, 15)), ("C31", date(2026, 8, 31)), ("C01", date(2026, 9, 1)),
    ("C15", date(2026, 9, 15)), ("C31", date(2026, 9, 30)), ("C01", date(2026, 10, 1)),
    ("C15", date(2026, 10, 15)), ("C31", date(2026, 10, 31)), ("C01", date(2026, 11, 1)),
)  # fmt: skip
LEFT_IN_REVIEW = RUNS[-1]
TENDERS = ("WIRE", "WIRE", "CHEQUE", "CASH", "OTHER")


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened on a day; `whole` acts are one transaction with their mark."""

    day: date
    key: str
    do: Callable[[], None]
    whole: bool = True


def cycles_and_sources() -> None:
    """Set up the bill cycles and the senders of usage."""
    for code, day in CYCLE_DAYS.items():
        invoicing.operations.define_cycle(
            code=code, name=f"Monthly, day {day}", day=day, usage_delay_days=WAIT.days, actor=None
        )
    for code, name, zone in (
        ("NET-US", "Mobile network, US", "America/Chicago"),
        ("NET-EU", "Mobile network, EU", "Europe/Berlin"),
        ("CLOUD", "Cloud metering", "UTC"),
        ("GPU", "GPU metering", "UTC"),
    ):
        rating.operations.define_source(
            code=code, name=name, time_zone=zone, needs_trailer=True, numbers_files=True
        )


def acts(
    front: Front,
    plans: list[AccountPlan],
    files: Iterable[UsageFilePlan],
    seed: int,
    runs: tuple[tuple[str, date], ...] = RUNS,
) -> list[Act]:
    """Return everything that happens, by day; usage before the run of the same day."""
    found = [
        *(usage(front, plan) for plan in files),
        *_changes(front, plans),
        *(_run(front, cycle, day, number) for number, (cycle, day) in enumerate(runs, start=1)),
    ]
    for number, (cycle, day) in enumerate(runs, start=1):
        if (cycle, day) != LEFT_IN_REVIEW:
            found.extend(_payments(front, cycle, day, number, seed))
    found.extend(_strangers(front))
    found.extend(_credits(front, runs))
    return sorted(found, key=lambda act: (act.day, act.key))


def usage(front: Front, plan: UsageFilePlan) -> Act:
    """Return the arrival of a file of usage, early on its day."""
    at = datetime.combine(plan.received_on, time(3), UTC)

    def do() -> None:
        receive(front, plan, received_at=at)

    return Act(plan.received_on, f"1 usage {plan.name}", do, whole=False)


def receive(front: Front, plan: UsageFilePlan, *, received_at: datetime) -> None:
    """Load a file that is not loaded yet; what came before under another name is refused."""
    source = UsageSource.objects.get(code=plan.source)
    if UsageFile.objects.filter(source=source, name=plan.name, state="LOADED").exists():
        return
    try:
        rating.operations.load_file(
            source=source,
            filename=plan.name,
            content=plan.content,
            received_at=received_at,
            actor=front.cast.operator,
        )
    except Refusal as refused:
        if not plan.again:
            raise
        if refused.rule != "SAME_FILE":
            raise


def _run(front: Front, cycle: str, bill_date: date, number: int) -> Act:
    def do() -> None:
        bill(
            BillCycle.objects.get(code=cycle),
            bill_date,
            front.cast,
            cutoff_at=datetime.combine(bill_date + WAIT, time(6), UTC),
            to_its_end=(cycle, bill_date) != LEFT_IN_REVIEW,
        )

    return Act(bill_date + WAIT, f"2 run {number} {cycle}", do, whole=False)


def bill(
    cycle: BillCycle,
    bill_date: date,
    cast: Cast,
    *,
    cutoff_at: datetime,
    kind: RunKind = RunKind.CYCLE,
    to_its_end: bool = True,
) -> BillRun:
    """Carry the run of a cycle on a date to its end, or only to its review.

    One person starts and posts it, another approves. A run that stands is carried on.

    Raises: RunDidNotClose.
    """
    run = invoicing.operations.start_run(
        cycle=cycle,
        bill_date=bill_date,
        cutoff_at=cutoff_at,
        kind=kind,
        actor=cast.operator,
        workers=1,
    )
    run = invoicing.operations.continue_run(run_id=run.pk)
    return carry_to_its_end(run, cast) if to_its_end else run


def carry_to_its_end(run: BillRun, cast: Cast) -> BillRun:
    """Approve and post a run in review, each by who does it.

    Raises: RunDidNotClose.
    """
    if run.state == RunState.IN_REVIEW:
        run = invoicing.operations.approve_run(
            run_id=run.pk, actor=cast.approver, comment="totals as expected"
        )
    if run.state == RunState.APPROVED:
        invoicing.operations.post_run(run_id=run.pk, actor=cast.operator)
    run = invoicing.operations.continue_run(run_id=run.pk)
    if run.state != RunState.CLOSED:
        raise RunDidNotClose(run)
    return run


class RunDidNotClose(Exception):
    """A run of the story stopped before its end."""

    def __init__(self, run: BillRun) -> None:
        super().__init__(f"run {run.pk} of cycle {run.cycle} stands at {run.state}")


def _changes(front: Front, plans: list[AccountPlan]) -> Iterator[Act]:
    """Upgrade, leave with effect from earlier, grow, and sign a contract price."""
    fiber = [plan for plan in plans if any(taken.offer == "FIBER100" for taken in plan.taken)]
    seats = [plan for plan in plans if any(taken.offer == "SEAT" for taken in plan.taken)]
    for index, plan in enumerate(fiber[:6]):
        day = date(2026, 9, 9) + timedelta(days=index * 3)
        yield _order(front, plan, day, day, f"upgrade {plan.number}", "FIBER100", "FIBER500")
    for index, plan in enumerate(fiber[6:11]):
        day = date(2026, 9, 24) + timedelta(days=index)
        effective = day - timedelta(days=12 + index)
        yield _order(front, plan, day, effective, f"leave {plan.number}", "FIBER100", "")
    for index, plan in enumerate(seats[:5]):
        day = date(2026, 10, 5) + timedelta(days=index)
        yield _grow(front, plan, day, 4 + index)


def _subscription(plan: AccountPlan, offer: str) -> Subscription:
    return Subscription.objects.filter(
        account__number=plan.number, items__offer_version__offer__code=offer
    ).earliest("id")


def _order(
    front: Front,
    plan: AccountPlan,
    day: date,
    effective: date,
    key: str,
    offer: str,
    to_offer: str,
) -> Act:
    def do() -> None:
        item = ItemInput(
            action="MODIFY" if to_offer else "TERMINATE",
            offer_version=front.versions[to_offer] if to_offer else None,
            subscription=_subscription(plan, offer),
            effective_on=effective,
            with_one_time=False if to_offer else None,
            reason="customer asked",
        )
        _submit(front, plan, day, item)

    return Act(day, f"0 order {key}", do)


def _grow(front: Front, plan: AccountPlan, day: date, more: int) -> Act:
    def do() -> None:
        before = next(taken.quantity for taken in plan.taken if taken.offer == "SEAT")
        item = ItemInput(
            action="MODIFY",
            subscription=_subscription(plan, "SEAT"),
            quantity=Decimal(before + more),
            effective_on=day,
            reason="more seats",
        )
        _submit(front, plan, day, item)

    return Act(day, f"0 order grow {plan.number}", do)


def _submit(front: Front, plan: AccountPlan, day: date, item: ItemInput) -> None:
    account = Account.objects.get(number=plan.number)
    order(account, [item], day=day, actor=front.cast.care)


def _payments(front: Front, cycle: str, bill_date: date, number: int, seed: int) -> Iterator[Act]:
    """Most pay in full, some in part, some too much, some late, some not at all."""

    def group(habit: str, wait: int) -> Act:
        day = bill_date + WAIT + timedelta(days=wait)
        return Act(
            day,
            f"3 payments {number} {cycle} {habit}",
            lambda: _pay(front, cycle, bill_date, habit, day, seed),
        )

    yield group("full", 9)
    yield group("part", 12)
    yield group("over", 15)
    if bill_date < date(2026, 9, 20):
        yield group("late", 38)


def _habit(seed: int, number: str) -> str:
    draw = random.Random(f"{seed}/{number}").random()  # noqa: S311 (repeatable, not secret)
    for habit, bound in (("full", 0.74), ("part", 0.82), ("over", 0.87), ("late", 0.94)):
        if draw < bound:
            return habit
    return "never"


def _pay(front: Front, cycle: str, bill_date: date, habit: str, day: date, seed: int) -> None:
    documents = (
        Invoice.objects.filter(
            run_id__in=BillRun.objects.filter(cycle__code=cycle, bill_date=bill_date).values("pk"),
            doc_type="INVOICE",
            state="POSTED",
        )
        .select_related("payer")
        .order_by("number")
    )
    tenders = {tender.code: tender for tender in TenderType.objects.all()}
    for index, document in enumerate(documents):
        number = document.number or ""
        owed = document.payable
        if _habit(seed, number) != habit or not owed:  # what a balance has paid is not owed
            continue
        amount = {
            "part": quantize(owed * Decimal("0.6"), document.currency),
            "over": owed + Decimal(10),
        }.get(habit, owed)
        payments.operations.record_payment(
            payer=document.payer,
            amount=amount,
            currency=document.currency,
            tender=tenders[TENDERS[index % len(TENDERS)]],
            received_on=day,
            external_id=f"{habit}-{number}",
            reference=number,
            actor=front.cast.cash,
        )


def _credits(front: Front, runs: tuple[tuple[str, date], ...]) -> Iterator[Act]:
    """Two customers complain: one is credited an amount, the other a whole invoice; one waits."""
    asked = (("AMOUNT", Decimal(5)), ("FULL", None), ("AMOUNT", Decimal("2.50")))
    for index, (scope, amount) in enumerate(asked if len(runs) > 3 else asked[:1]):
        day = date(2026, 9, 16) + timedelta(days=index * 9)

        def do(
            index: int = index,
            scope: str = scope,
            amount: Decimal | None = amount,
            day: date = day,
        ) -> None:
            invoice = Invoice.objects.filter(state="POSTED", doc_type="INVOICE").order_by("id")[
                5 + index * 7
            ]
            request = invoicing.operations.request_credit(
                invoice_id=invoice.pk,
                scope=scope,
                amount=amount,
                reason_code="SERVICE_FAULT",
                comment="The line was down for a day",
                requester=front.cast.care,
                on_date=day,
            )
            if index < len(asked) - 1:
                invoicing.operations.grant_memo(
                    request_id=request.pk, approver=front.cast.approver, on_date=day
                )

        yield Act(day, f"4 credit {index + 1}", do)


def _strangers(front: Front) -> Iterator[Act]:
    """Money arrives that says nothing about its sender."""
    for index, (entity, amount) in enumerate(
        (("US", "64.10"), ("EU", "120.00"), ("US", "18.75"), ("EU", "49.90"))
    ):
        day = date(2026, 9, 18) + timedelta(days=13 * index)

        def do(entity: str = entity, amount: str = amount, day: date = day) -> None:
            seller = front.entities.of(entity)
            payments.operations.record_receipt(
                entity=seller,
                amount=Decimal(amount),
                currency=seller.functional_currency,
                tender=TenderType.objects.get(code="CHEQUE"),
                received_on=day,
                external_id=f"lockbox-{day:%m%d}",
                payer_text="illegible",
                actor=front.cast.cash,
            )

        yield Act(day, f"3 stranger {day:%m%d}", do)
