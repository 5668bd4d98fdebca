"""The guards of timelines to the second (PRO-5), attacked by raw SQL."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import pytest

from customers.models import Subscription, SubscriptionCharge
from customers.operations import ItemInput
from tests.apps.customers import build
from tests.attacks import raw, refused_by

pytestmark = pytest.mark.django_db
SOUND = "customers_subscriptioncharge_moments_sound"
OF_SECONDS = "customers_subscriptioncharge_moments_of_seconds"
TELL = "UPDATE customers_subscriptioncharge SET moments = %s::jsonb"
NOON, THREE, SIX = (f"2027-04-11T{hour}:00:00+00:00" for hour in (12, 15, 18))
REST = ["1", None, "ON", None]


WRONG: Final[list[Any]] = [
    {},
    "ON",
    [],
    [NOON],
    [[]],
    [[NOON, None, *REST[:3]]],
    [[NOON, None, *REST, "more"]],
    [[None, NOON, *REST]],
    [[NOON, NOON, *REST]],
    [[THREE, NOON, *REST]],
    [["2027-04-11T12:00:00", None, *REST]],
    [["infinity", None, *REST]],
    [["noon", None, *REST]],
    [[NOON, None, *REST], [THREE, None, *REST]],
    [[NOON, SIX, *REST], [THREE, None, *REST]],
    [[THREE, SIX, *REST], [NOON, THREE, *REST]],
    [[NOON, None, None, None, "ON", None]],
    [[NOON, None, "-1", None, "ON", None]],
    [[NOON, None, "NaN", None, "ON", None]],
    [[NOON, None, "Infinity", None, "ON", None]],
    [[NOON, None, 1.1, None, "ON", None]],
    [[NOON, None, "1", "-0.01", "ON", None]],
    [[NOON, None, "1", "NaN", "ON", None]],
    [[NOON, None, "1", None, "BUSY", None]],
    [[NOON, None, "1", None, None, None]],
    [[NOON, None, "1", None, "ON", "2027-04-31"]],
    [[NOON, None, "1", None, "ON", "today"]],
]


@pytest.fixture
def server() -> None:
    """Order a server that is counted to the second, from noon on, two of them from three."""
    version = build.offer(charges=({"proration": "SECONDS", "granularity": "SECOND"},))
    account, day = build.account(), date(2027, 4, 11)
    begin = ItemInput(
        action="ADD", offer_version=version, quantity=Decimal(1), effective_at=at(12)
    )
    build.submit(account, begin, as_of=day)
    box = Subscription.objects.get()
    more = ItemInput(action="MODIFY", subscription=box, quantity=Decimal(2), effective_at=at(15))
    build.submit(account, more, as_of=day)


def at(hour: int) -> datetime:
    return datetime(2027, 4, 11, hour, tzinfo=UTC)


def test_what_orders_tell_is_sound(server: None) -> None:
    told = SubscriptionCharge.objects.get().moments
    assert told == [[NOON, THREE, "1", *REST[1:]], [THREE, None, "2", *REST[1:]]]
    raw(TELL, json.dumps([[NOON, THREE, *REST], [SIX, None, "0.5", "9.90", "OFF", "2027-04-01"]]))
    raw(TELL, None)


def test_pro5_moments_are_stretches_one_after_the_other(server: None) -> None:
    for told in WRONG:
        assert refused_by(TELL, json.dumps(told)) == SOUND, told


def test_pro5_only_what_is_counted_to_the_second_has_moments() -> None:
    build.add(build.account(), build.offer(), date(2027, 4, 11))
    assert refused_by(TELL, json.dumps([[NOON, None, *REST]])) == OF_SECONDS
