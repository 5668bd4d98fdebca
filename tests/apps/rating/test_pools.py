"""Pools of a subtree: drawn together, borne as agreed, joined by date (POOL-1 to POOL-5)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

import customers.operations
from audit.models import BusinessEvent
from catalog.operations import add_entitlement
from customers.models import Account
from foundation.errors import Forbidden, Invalid
from rating.models import BalanceBucket, PoolMember, PoolShare, RatingPool, Usage
from rating.operations import (
    CannotPool,
    end_pool,
    keep_pools,
    open_pool,
    rerate,
    reserve,
    settle_balances,
)
from rating.queries import Use, covers_of
from tests.apps.rating.company import Company, close_line, load, open_line, person, row, sums
from tests.apps.rating.test_entitled import ask
from tests.apps.rating.test_granting import at, include
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
D = Decimal
MAY, JUNE = date(2027, 5, 1), date(2027, 6, 1)


@pytest.fixture
def family(company: Company) -> Company:
    return found_family(company)


def found_family(company: Company) -> Company:
    """Put three lines below one account, each bringing 100; `company` has a line of its own."""
    include(company, scope="POOL", quantity=D(100), code="SHARED", name="Family data")
    for name, number in (("Family", "50"), ("Ann", "51"), ("Bob", "52"), ("Cy", "53")):
        open_line(company, number, name=name)
    head = company.accounts["Family"]
    for name in ("Ann", "Bob", "Cy"):
        move(company, name, head, date(2027, 1, 1))
    close_line(head.subscriptions.get(), date(2027, 1, 1))
    return company


def move(company: Company, name: str, below: Account | None, on: date) -> None:
    customers.operations.move_account(
        account=company.accounts[name], parent=below, on_date=on, as_of=on, actor=None
    )


def opened(company: Company, starts: date = MAY, **more: str) -> RatingPool:
    return open_pool(
        node=company.accounts["Family"], usage_type="DATA", name="Family pool", starts=starts,
        as_of=at(5, 1), actor=None, **more,
    )  # fmt: skip


def used(company: Company, *rows: tuple[str, int, int], name: str = "u.csv") -> None:
    """Load usage: number, quantity, day of May."""
    load(
        company,
        *(
            row(f"{name}{place}", identifier=number, quantity=str(quantity),
                event_start=f"2027-05-{day:02}T12:00:00Z")
            for place, (number, quantity, day) in enumerate(rows)
        ),
        name=name,
    )  # fmt: skip


def charged() -> dict[str, Decimal]:
    """Return what is beyond all balances, by account."""
    found: dict[str, Decimal] = {}
    for name, _, _, quantity, *_ in sums():
        found[name] = found.get(name, D(0)) + quantity
    return found


def shares() -> list[tuple[Decimal, Decimal, Decimal]]:
    """Return what each line brought, used and was covered for."""
    rows = PoolShare.objects.order_by("service__number")
    return [(one.contributed, one.used, one.covered) for one in rows]


USAGE = (("51", 150, 3), ("53", 120, 4), ("52", 90, 5))


@pytest.mark.parametrize(
    ("allocation", "ann", "bob", "cy"),
    [("BY_USAGE", 25, 15, 20), ("BY_EXCESS", 43, 0, 17), ("BY_EVENT_ORDER", 0, 60, 0)],
)
def test_pool3_what_is_beyond_the_pool_is_borne_as_agreed(
    family: Company, allocation: str, ann: int, bob: int, cy: int
) -> None:
    """360 used of 300: the worked example of the rule, from the file to the sums."""
    opened(family, allocation=allocation)
    used(family, *USAGE)
    assert charged() == {"Ann": ann, "Bob": bob, "Cy": cy}
    assert [one[0] for one in shares()] == [100, 100, 100]
    assert sum(one[2] for one in shares()) == 300
    assert sum(BalanceBucket.objects.values_list("remaining", flat=True)) == 0
    assert settle_balances(as_of=at(5, 9)).pooled == 0
    assert findings() == []


def test_pool1_usage_that_came_before_the_pool_or_in_parts_comes_to_the_same(
    family: Company,
) -> None:
    for number, one in enumerate(reversed(USAGE)):
        used(family, one, name=f"{number}.csv")
    assert charged() == {"Ann": 150, "Bob": 90, "Cy": 120}
    opened(family)
    assert charged() == {"Ann": 25, "Bob": 15, "Cy": 20}
    event = Usage.objects.get(identifier="51")
    assert sum(quantity for _, quantity in covers_of(event)) == 125
    rerate(start=MAY, end=JUNE, as_of=at(5, 20))
    assert charged() == {"Ann": 25, "Bob": 15, "Cy": 20}
    assert findings() == []


def test_pool2_who_joins_or_leaves_brings_its_part_of_the_month(family: Company) -> None:
    """Bob has 15 of 31 days and brings 48 (48.39); Ann leaves for the last 10 and brings 68."""
    close_line(family.accounts["Bob"].subscriptions.get(), date(2027, 5, 16))
    opened(family)
    used(family, ("51", 150, 3), ("52", 90, 5))
    assert shares() == [(D(100), D(150), D(150)), (D(48), D(90), D(90)), (D(100), D(0), D(0))]
    move(family, "Ann", None, date(2027, 5, 22))
    assert keep_pools(as_of=at(5, 23)) == 2
    assert [one[0] for one in shares()] == [68, 48, 100]
    assert charged() == {"Ann": 15, "Bob": 9}
    assert keep_pools(as_of=at(5, 23)) == 0
    move(family, "Ann", family.accounts["Family"], date(2027, 5, 22))
    assert keep_pools(as_of=at(5, 24)) == 2
    assert [one[0] for one in shares()] == [100, 48, 100]
    assert sum(charged().values()) == 0
    assert findings() == []


def test_pool4_usage_counts_in_the_pool_of_its_day(family: Company) -> None:
    """Ann hangs below another head from 16 May on: what she uses then is not the family's."""
    opened(family)
    used(family, ("51", 80, 3), ("51", 70, 20), ("52", 5, 21))
    assert charged() == {"Ann": 0, "Bob": 0}
    move(family, "Ann", family.accounts["Household"], date(2027, 5, 16))
    settle_balances(as_of=at(5, 22))
    assert charged() == {"Ann": 70, "Bob": 0}
    member = PoolMember.objects.get(account=family.accounts["Ann"])
    assert (member.valid.lower, member.valid.upper) == (MAY, date(2027, 5, 16))
    open_pool(
        node=family.accounts["Household"], usage_type="DATA", name="Other", starts=MAY,
        as_of=at(5, 22), actor=None,
    )  # fmt: skip
    assert charged() == {"Ann": 0, "Bob": 0}
    assert findings() == []


def test_pool5_late_usage_moves_nobody_else_by_a_single_unit(family: Company) -> None:
    opened(family)
    used(family, *USAGE)
    used(family, ("53", 1, 30), name="late.csv")
    assert charged() == {"Ann": 25, "Bob": 15, "Cy": 21}
    assert findings() == []


def test_own_balances_come_first_and_expired_units_are_not_revived(family: Company) -> None:
    include(family, code="OWN", quantity=D(30), priority=500)
    opened(family)
    settle_balances(as_of=at(5, 2))
    used(family, ("51", 80, 3), ("52", 10, 3))
    assert [one[1:] for one in shares()] == [(D(50), D(50)), (D(0), D(0)), (D(0), D(0))]
    settle_balances(as_of=at(6, 2))
    assert set(BalanceBucket.objects.filter(pool=None).values_list("period_start", flat=True))
    used(family, ("51", 40, 20), name="late.csv")
    assert charged()["Ann"] == 40
    assert findings() == []


def test_a_pool_answers_checks_of_its_members_alone(family: Company) -> None:
    opened(family)
    used(family, ("51", 150, 3))
    asked = ask(200, identifier="52")
    assert [asked.covered, asked.billable] == [150, 50]
    assert ask(200, identifier="4915").covered == 0
    assert {cover.name for cover in asked.covers} == {"Family data"}


def test_a_pool_ends_for_everybody_on_its_day(family: Company) -> None:
    pool = opened(family)
    used(family, ("51", 80, 3), ("51", 70, 20))
    end_pool(pool_id=pool.pk, ends=date(2027, 5, 16), as_of=at(5, 21), actor=None)
    assert charged() == {"Ann": 70}
    assert [one[0] for one in shares()] == [48, 48, 48]
    with pytest.raises(CannotPool, match="2027-05-15 already"):
        end_pool(pool_id=pool.pk, ends=JUNE, as_of=at(5, 21), actor=None)
    topics = BusinessEvent.objects.filter(topic__startswith="pool.").order_by("id")
    assert [one.topic for one in topics] == ["pool.opened", "pool.ended"]
    assert findings() == []


def test_pools_that_cannot_be(family: Company) -> None:
    opened(family)
    with pytest.raises(CannotPool, match="Family pool"):
        opened(family)
    with pytest.raises(CannotPool):
        open_pool(
            node=family.accounts["Ann"], usage_type="DATA", name="Mine", starts=JUNE,
            as_of=at(5, 1), actor=None,
        )  # fmt: skip
    given = {"node": family.accounts["Household"], "starts": JUNE, "as_of": at(5, 1)}
    with pytest.raises(Invalid):
        open_pool(**given, usage_type="NONE", name="x", actor=None)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        open_pool(**given, usage_type="DATA", name="x", actor=person("anyone"))  # type: ignore[arg-type]
    data = family.data.usage_type
    assert data is not None
    with pytest.raises(Invalid, match="does not roll over"):
        add_entitlement(
            version=family.version, code="P", name="P", usage_type=data, quantity=D(1),
            scope="POOL", rollover_percent=D(1), actor=None,
        )  # fmt: skip


def test_sessions_hold_their_part_of_a_pool(family: Company) -> None:
    """Units held for a session are not taken back when a contribution shrinks."""
    opened(family)
    moment = datetime(2027, 5, 10, tzinfo=UTC)
    reserve(
        use=Use("DATA", "51", D(290), moment, {"zone": "EU"}), key="session-1",
        ttl=timedelta(hours=1), as_of=moment, on_date=moment.date(),
    )  # fmt: skip
    move(family, "Cy", None, MAY)
    keep_pools(as_of=at(5, 11))
    left = BalanceBucket.objects.filter(pool__isnull=False).values_list("remaining", flat=True)
    assert sum(left) == 0
    assert findings() == []
