"""What the smallest company has none of, added as a clerk would."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.urls import reverse

import audit.operations
import catalog.operations
import invoicing.operations
import payments.operations
import rating.operations
from billing_site.demo.cast import gather
from billing_site.demo.months import bill
from catalog.models import Charge, CommitmentSpec
from customers import operations
from customers.choices import AccountRole, OrderAction
from customers.models import Account, Contract, Subscription, SubscriptionCharge
from customers.operations import ItemInput
from customers.queries.offers import current_item
from invoicing.models import BillCycle, BillRunAccount, Invoice
from payments.models import TenderType
from rating.models import SuspenseItem, TopUpRequest, Usage
from tax.models import Jurisdiction


def add_the_unusual() -> list[str]:
    """Add what is on its way or rare; return where it is seen.

    A signed contract and a draft, an order to be sent, one that pauses a service, charges that
    another account pays, a discount given and one that waits, a service that fell out, an order
    and a credit that a second person decides, two certificates, a key, a job that failed too
    often, a bill that was adjusted, units given, a commitment, a credit limit, a run in review, a
    payment that settles nothing, usage to be rated again, usage to be given up and a top-up that
    waits; besides, an event of usage, which only a search leads to.
    """
    subscription = Subscription.objects.filter(state="ACTIVE").order_by("pk").first()
    assert subscription is not None
    account, day = subscription.account, subscription.effective_on + timedelta(days=40)
    signed = operations.draft_contract(account=account, valid_from=day, actor=None)
    operations.sign_contract(contract=signed, signed_on=day, actor=None)
    operations.draft_contract(account=account, valid_from=day, actor=None)
    items = [
        ItemInput(
            action=OrderAction.MODIFY,
            subscription=subscription,
            quantity=Decimal(7),
            effective_on=day,
        )
    ]
    draft = operations.place_order(account=account, items=items, requested_on=day, actor=None)
    _discounts(account, day)
    pause = ItemInput(action=OrderAction.SUSPEND, subscription=subscription, effective_on=day)
    operations.place_order(
        account=Account.objects.get(pk=account.pk),
        items=[pause],
        requested_on=day,
        submit_as_of=day,
        actor=None,
    )
    other = Account.objects.filter(
        entity=account.entity, currency=account.currency, role=AccountRole.PAYER
    ).exclude(pk=account.pk)
    operations.redirect_charges(
        account=account,
        payer=other.order_by("pk")[0],
        starts=day,
        subscription=subscription,
        actor=None,
    )
    invoicing.operations.change_cycle_at_boundary(
        account=other.order_by("pk")[0],
        cycle=BillCycle.objects.order_by("pk")[0],
        cycle_day=17,
        as_of=day,
        actor=None,
    )
    event = Usage.objects.order_by("id")[0]
    posted = Invoice.objects.filter(state="POSTED", doc_type="INVOICE").latest("pk")
    waiting = _orders_that_wait(subscription, day)
    _parked_job()
    _units(account, day)
    _promises(account, signed)
    return [
        reverse("customers:account", args=[account.pk]),
        reverse("customers:discounts", args=[account.pk]),
        reverse("rating:account_pools", args=[account.pk]),
        reverse("customers:account", args=[event.account_id]),
        reverse("rating:event", args=[event.account_id, event.id]),
        reverse("customers:order", args=[draft.pk]),
        reverse("invoicing:invoice", args=[posted.pk]),
        reverse("invoicing:bill_now", args=[account.pk]),
        *waiting,
        *_certificates(account, day),
        _key(),
        _run_in_review(),
        _payment_on_account(account, day),
        _credit_that_waits(account, day),
        _rated_again(event),
        _given_up(),
        *_adjusted(account, day),
        *_topped_up(account, day),
    ]


def _discounts(account: Account, day: date) -> None:
    """Add a promotion with a coupon, a discount that was given, and one that waits."""
    made = [
        catalog.operations.define_discount(
            code=code,
            name=code.title(),
            kind="PERCENT",
            level="ACCOUNT",
            value=Decimal("0.1"),
            starts=day,
            needs_approval=code == "BIG",
            actor=None,
        )
        for code in ("SMALL", "BIG")
    ]
    promotion = catalog.operations.define_promotion(
        code="SPRING", name="Spring", discount=made[0], starts=day, actor=None
    )
    catalog.operations.define_coupons(promotion=promotion, codes=["HELLO"], actor=None)
    clerk = User.objects.get(username="care")
    for one in made:
        operations.grant_discount(account=account, discount=one, starts=day, actor=clerk)


def _adjusted(account: Account, day: date) -> list[str]:
    """Take a tenth off one bill; return where that is shown first, and taken back."""
    tenth = catalog.operations.define_discount(
        code="ONCE", name="Adjustment", kind="PERCENT", level="INVOICE", value=Decimal(1),
        starts=day, actor=None,
    )  # fmt: skip
    made = operations.adjust_bill(
        account=account, discount=tenth, value=Decimal("0.1"), starts=day,
        ends=day + timedelta(days=31), worth=Decimal(3), reason="Goodwill", actor=None,
    )  # fmt: skip
    return [
        reverse("invoicing:confirm_adjustment", args=[account.pk]),
        reverse("invoicing:take_adjustment_back", args=[made.pk]),
    ]


def _orders_that_wait(subscription: Subscription, day: date) -> list[str]:
    """Add a service that could not be provisioned and an order that a second person approves."""
    account = subscription.account
    held = current_item(subscription, subscription.effective_on)
    assert held is not None
    order = operations.place_order(
        account=Account.objects.get(pk=account.pk),
        items=[
            ItemInput(
                action=OrderAction.ADD,
                offer_version=held.offer_version,
                quantity=Decimal(1),
                effective_on=day,
                awaits_activation=True,
                identifiers=[operations.IdentifierInput(type="MSISDN", value="12025550199")],
            )
        ],
        requested_on=day,
        submit_as_of=day,
        actor=None,
    )
    added = Subscription.objects.filter(account=account).latest("pk")
    operations.report_failure(
        subscription=added, reason="no port is free", next_step="RETRY", actor=None
    )
    catalog.operations.define_discount(
        code="DEAL",
        name="Deal",
        kind="PERCENT",
        level="CHARGE",
        value=Decimal("0.2"),
        starts=day,
        needs_approval=True,
        actor=None,
    )
    deal = ItemInput(
        action=OrderAction.MODIFY,
        subscription=subscription,
        quantity=Decimal(3),
        effective_on=day,
        discounts=["DEAL"],
    )
    asked = operations.place_order(
        account=Account.objects.get(pk=account.pk),
        items=[deal],
        requested_on=day,
        submit_as_of=day,
        actor=User.objects.get(username="care"),
    )
    return [
        reverse("customers:subscription", args=[added.pk]),
        *(reverse("customers:order", args=[one.pk]) for one in (order, asked)),
    ]


def _certificates(account: Account, day: date) -> list[str]:
    """Send two exemption certificates for approval, and approve one."""
    clerk, boss = (User.objects.get(username=name) for name in ("care", "approver"))
    sent = [
        operations.draft_certificate(
            account=account,
            number=number,
            jurisdiction=Jurisdiction.objects.order_by("pk")[0],
            valid_from=day,
            actor=None,
        )
        for number in ("EX-1", "EX-2")
    ]
    for one in sent:
        operations.request_certificate(certificate=one, requester=clerk)
    operations.approve_certificate(certificate=sent[1], approver=boss)
    return [reverse("customers:certificate", args=[one.pk]) for one in sent]


def _key() -> str:
    """Issue an API key that waits for a second person."""
    key, _ = audit.operations.issue_api_key(
        name="ERP",
        user=User.objects.get(username="integration"),
        scopes=["customers.view_account", "rating.load_usage"],
        days=90,
        actor=User.objects.get(username="access"),
        reason="the ERP reads accounts and sends usage",
    )
    return reverse("console:key", args=[key.pk])


def _parked_job() -> None:
    """Let a job fail until it is parked."""
    for _ in range(4):
        with suppress(audit.operations.JobIsParked):
            job = audit.operations.start_job(
                name="sweep:value_suspense", params={"slot": "2026-09-15T08"}
            )
            audit.operations.fail_job(
                job, error="OperationalError('the disk of the store is full')"
            )


def _units(account: Account, day: date) -> None:
    """Give the account units to use, and a pool to share them in."""
    rating.operations.give_balance(
        account=account,
        usage_type="VOICE",
        quantity=Decimal(100),
        starts=datetime.combine(day, time(), UTC),
        ends=None,
        name="Minutes for a fault",
        reason="a fault of two days",
        actor=None,
    )
    rating.operations.open_pool(
        node=account,
        usage_type="DATA",
        name="Shared data",
        starts=day,
        as_of=datetime(2026, 9, 16, tzinfo=UTC),
        actor=None,
    )
    charge = Charge.objects.filter(kind="USAGE", usage_rounding="EVENT").earliest("pk")
    rating.operations.agree_rating(
        charge=charge, purpose="PARTNER", account=account, starts=day, share=Decimal("0.1"),
        actor=None,
    )  # fmt: skip


def _run_in_review() -> str:
    """Calculate the drafts of the next run, and leave them to be reviewed."""
    run = bill(
        BillCycle.objects.get(code="C15"),
        date(2026, 9, 15),
        gather("never used: they are there"),
        cutoff_at=datetime(2026, 9, 15, 6, tzinfo=UTC),
        to_its_end=False,
    )
    payer = BillRunAccount.objects.filter(run=run, state="DRAFTED").order_by("pk")[0]
    return reverse("invoicing:run_account", args=[run.pk, payer.payer_id])


def _payment_on_account(account: Account, day: date) -> str:
    """Record a payment that settles nothing yet."""
    made = payments.operations.record_payment(
        payer=Account.objects.get(pk=account.pk),
        amount=Decimal("10.00"),
        currency=account.currency,
        tender=TenderType.objects.filter(is_active=True).order_by("pk")[0],
        received_on=day,
        apply=False,
        actor=None,
    )
    return reverse("payments:payment", args=[made.pk])


def _credit_that_waits(account: Account, day: date) -> str:
    """Ask for a credit beyond what a clerk may give alone."""
    asked = invoicing.operations.request_goodwill(
        account_id=account.pk,
        amount=Decimal("500.00"),
        reason_code="GOODWILL",
        comment="a fault of two days",
        requester=User.objects.get(username="care"),
        on_date=day,
    )
    return reverse("invoicing:credit", args=[asked.pk])


def _rated_again(event: Usage) -> str:
    """Say late that an identifier was another one, and ask that its usage be rated again."""
    charge = SubscriptionCharge.objects.select_related("subscription__account")
    subscription = charge.get(pk=event.subscription_charge_id).subscription
    other = operations.IdentifierInput(type=event.identifier_type, value="never-used")
    operations.place_order(
        account=subscription.account,
        items=[
            ItemInput(
                action=OrderAction.MODIFY,
                subscription=subscription,
                identifiers=[other],
                effective_on=event.on_date,
            )
        ],
        requested_on=event.on_date,
        submit_as_of=event.on_date,
        actor=None,
    )
    job = rating.operations.open_rerate(
        start=event.on_date,
        end=event.on_date + timedelta(days=1),
        account_ids=[event.account_id],
        reason="the identifier was another one",
        as_of=datetime(2026, 9, 16, tzinfo=UTC),
        actor=None,
    )
    operator = User.objects.get(username="operator")
    rating.operations.request_rerate(job=job, requester=operator)
    return reverse("rating:rerate", args=[job.pk])


def _given_up() -> str:
    """Ask that a row of usage in suspense be written off."""
    item = SuspenseItem.objects.filter(state="OPEN").order_by("pk")[0]
    asked = rating.operations.request_write_off(
        item_ids=[item.pk],
        reason="test traffic of the network",
        as_of=datetime(2026, 9, 16, tzinfo=UTC),
        requester=User.objects.get(username="operator"),
    )
    return reverse("rating:write_off", args=[asked.pk])


def _topped_up(account: Account, day: date) -> list[str]:
    """Let a payment be asked for by itself."""
    payers = Account.objects.filter(
        role=AccountRole.PAYER,
        entity=account.entity,
        currency=account.entity.functional_currency,
    )
    payer = payers.order_by("-pk")[0]  # the first ones hold money already
    rating.operations.set_top_up(
        account=payer,
        threshold=Decimal(10),
        amount=Decimal(25),
        most_per_month=Decimal(100),
        starts=day,
        actor=None,
    )
    rating.operations.ask_top_ups(as_of=datetime.combine(day, time(12), UTC) + timedelta(days=1))
    asked = TopUpRequest.objects.latest("pk")
    return [
        reverse("rating:account_top_ups", args=[payer.pk]),
        reverse("rating:top_up", args=[asked.pk]),
    ]


def _promises(account: Account, contract: Contract) -> None:
    """Agree a least amount with the contract, and limit what is at risk with the account."""
    contract.refresh_from_db()
    operations.agree_commitment(
        contract=contract,
        spec=CommitmentSpec.objects.get(code="GROUP-MIN"),
        starts=contract.valid.lower,
        ends=contract.valid.lower + timedelta(days=365),
        actor=None,
    )
    account.refresh_from_db()
    operations.change_account(
        account=account,
        changes={"credit_limit": Decimal("500.00")},
        version=account.version,
        actor=None,
    )
