"""Subscriptions move to a new version of their offer in bulk, with notice; the others stay."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from audit.models import BusinessEvent
from catalog.models import OfferVersion
from customers import operations
from customers.models import Account, Order, Subscription
from customers.operations.migrating import Migration
from foundation import clock
from foundation.errors import Forbidden, Invalid
from ledger.models import EntityAccess
from tests.apps.customers import build

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR, APR = (date(2027, month, 1) for month in (1, 2, 3, 4))


@pytest.fixture
def old() -> OfferVersion:
    return build.offer("OLD")


@pytest.fixture
def new() -> OfferVersion:
    """Two more a month; the customer is to know thirty days before."""
    return build.offer("NEW", price=D(12), notice_days=30)


def moved(old: OfferVersion, new: OfferVersion, **more: Any) -> list[Migration]:
    asked: dict[str, Any] = {"on_date": APR, "as_of": FEB, "actor": None, **more}
    return operations.migrate(source=old, target=new, **asked)


def version_on(subscription: Subscription, day: date) -> OfferVersion:
    return subscription.items.get(valid__contains=day).offer_version


def test_the_effect_is_shown_for_each_and_nothing_is_ordered(
    old: OfferVersion, new: OfferVersion
) -> None:
    """3 at 10.00 become 3 at 12.00; an own price of 7.00 becomes the list price."""
    three = build.add(build.account(), old, quantity=D(3))
    cheap = build.add(build.account("Second"), old, prices={"C1": D(7)})
    ended = build.add(build.account("Third"), old)
    build.terminate(ended, MAR, as_of=FEB)
    build.add(build.account("Fourth"), new)
    found = operations.plan_migration(source=old, target=new, on_date=APR, as_of=FEB, actor=None)
    assert [(one.subscription, one.before, one.after, one.notice_by) for one in found] == [
        (three, D("30.00"), D("36.00"), date(2027, 3, 2)),
        (cheap, D("7.00"), D("12.00"), date(2027, 3, 2)),
    ]
    assert Order.objects.count() == 5


def test_each_is_ordered_by_itself_and_told(old: OfferVersion, new: OfferVersion) -> None:
    first = build.add(build.account(), old)
    (told,) = moved(old, new)
    assert (told.subscription, told.problem, bool(told.order)) == (first, "", True)
    assert version_on(first, date(2027, 3, 31)) == old
    assert version_on(first, APR) == new
    assert moved(old, new, accounts=[first.account.number]) == [], "it is moved already"
    event = BusinessEvent.objects.get(topic="price_change.announced", subject_id=first.pk)
    assert {name: event.payload[name] for name in ("before", "after", "from", "notice_by")} == {
        "before": "10.00",
        "after": "12.00",
        "from": "2027-04-01",
        "notice_by": "2027-03-02",
    }


def test_only_named_accounts_move_and_the_others_stay(
    old: OfferVersion, new: OfferVersion
) -> None:
    mine, other = build.add(build.account(), old), build.add(build.account("Other"), old)
    assert len(moved(old, new, accounts=[mine.account.number])) == 1
    assert (version_on(mine, APR), version_on(other, APR)) == (new, old)


def test_too_short_a_notice_is_refused_row_by_row_unless_waived(
    old: OfferVersion, new: OfferVersion
) -> None:
    sub = build.add(build.account(), old)
    (late,) = moved(old, new, as_of=date(2027, 3, 3))
    assert late.problem == "notice of 30 days had to be given by 2027-03-02"
    assert version_on(sub, APR) == old
    (waived,) = moved(old, new, as_of=date(2027, 3, 3), waive_notice=True)
    assert (waived.problem, version_on(sub, APR)) == ("", new)


def test_what_makes_no_migration_is_refused(old: OfferVersion, new: OfferVersion) -> None:
    with pytest.raises(Invalid, match="another version"):
        moved(old, old)
    with pytest.raises(Invalid, match="day to come"):
        moved(old, new, on_date=FEB)


def test_an_order_of_it_is_cancelled_like_any_other(old: OfferVersion, new: OfferVersion) -> None:
    sub = build.add(build.account(), old)
    (one,) = moved(old, new)
    order = Order.objects.get(number=one.order)
    operations.cancel_order(order=order, as_of=FEB, actor=None)
    assert version_on(sub, APR) == old


def test_who_may_not_import_may_not_migrate(old: OfferVersion, new: OfferVersion) -> None:
    seller = build.user("seller", is_superuser=False)
    seller.user_permissions.add(Permission.objects.get(codename="place_order"))
    with pytest.raises(Forbidden):
        moved(old, new, actor=User.objects.get(pk=seller.pk))


def test_rows_of_other_entities_are_left_alone(old: OfferVersion, new: OfferVersion) -> None:
    """F36."""
    here = build.add(build.account(), old)
    there = build.add(build.account("There", entity=build.entity("UK")), old)
    clerk = build.user("clerk")
    EntityAccess.objects.create(user=clerk, entity=here.account.entity)
    assert [one.subscription for one in moved(old, new, actor=clerk)] == [here]
    assert version_on(there, APR) == old


def test_the_page_looks_first_and_then_orders(
    old: OfferVersion, new: OfferVersion, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 2, 1, 12, tzinfo=UTC))
    client.force_login(build.user("root"))
    sub = build.add(build.account(), old)
    page = reverse("customers:migration")
    assert "OLD version 1" in client.get(page).content.decode()
    form = {"source": str(old.pk), "target": str(new.pk), "on_date": "2027-04-01"}
    looked = client.post(page, {**form, "only_look": "on"}).content.decode()
    assert "nothing ordered" in looked
    assert "2.00" in looked
    assert version_on(sub, APR) == old
    ordered = client.post(page, form).content.decode()
    assert Order.objects.latest("pk").number in ordered
    assert version_on(sub, APR) == new
    assert Account.objects.count() == 1
