"""Split billing, worked examples (HIER-8)."""

from datetime import date
from decimal import Decimal

from foundation.periods import Period
from invoicing.rules.redirecting import Cap, Redirection, Stretch, shared, stretches
from invoicing.rules.splitting import divided
from invoicing.rules.timeline import FOREVER
from tests.unit.invoicing.test_charging import JUNE_1, bill, life, on, run

D = Decimal
MAY_1, JULY_1, AUG_1 = date(2027, 5, 1), date(2027, 7, 1), date(2027, 8, 1)
OWN, BOSS = 1, 2
ALL = (OWN, date.min, FOREVER)


def rule(number: int = 7, cap: str | None = None, **more) -> Redirection:
    return Redirection(
        number,
        more.get("payer", BOSS),
        more.get("starts", JUNE_1),
        more.get("ends", FOREVER),
        None if cap is None else D(cap),
        more.get("product"),
        more.get("section", ""),
        more.get("charges"),
    )


def test_what_is_redirected_is_billed_to_the_other_payer_from_the_day_on() -> None:
    rooms: dict = {OWN: {}, BOSS: {}}
    assert stretches([ALL], [rule(ends=AUG_1)], rooms) == {
        OWN: (Stretch(date.min, JUNE_1), Stretch(AUG_1, FOREVER)),
        BOSS: (Stretch(JUNE_1, AUG_1),),
    }


def test_the_first_rule_in_force_holds_and_one_to_the_payer_itself_changes_nothing() -> None:
    """The most specific one comes first."""
    rooms: dict = {OWN: {}, BOSS: {}, 3: {}}
    rules = [rule(payer=3, starts=JULY_1, ends=AUG_1), rule()]
    found = stretches([ALL], rules, rooms)
    assert found[3] == (Stretch(JULY_1, AUG_1),)
    assert found[BOSS] == (Stretch(JUNE_1, JULY_1), Stretch(AUG_1, FOREVER))
    assert stretches([ALL], [rule(payer=OWN)], rooms) == {OWN: (Stretch(date.min, FOREVER),)}


def test_a_payer_that_lost_an_account_and_has_it_again_keeps_what_it_was_billed() -> None:
    """HIER-6: one life of two stretches; July is neither given back nor billed twice."""
    spans = [(OWN, date.min, JUNE_1), (BOSS, JUNE_1, JULY_1), (OWN, JULY_1, FOREVER)]
    found = stretches(spans, [], {OWN: {}})
    one = life(on(MAY_1), stretches=found[OWN])
    first = run(one, bill_date=JULY_1)
    assert [period.start for period, _ in first.items] == [MAY_1, JULY_1]
    bill(one, first)
    assert run(one, bill_date=JULY_1).items == []


def test_a_rule_takes_what_it_is_limited_to() -> None:
    assert rule().takes(5, 9, "Usage")
    assert rule(section="Usage").takes(5, 9, "Usage")
    assert not rule(section="Usage").takes(5, 9, "Charges")
    assert not rule(product=8).takes(5, 9, "Usage")
    assert rule(charges=frozenset({5})).takes(5, 9, "Usage")
    assert not rule(charges=frozenset({6})).takes(5, 9, "Usage")


def test_beyond_the_cap_the_own_payer_pays() -> None:
    """Two charges of 30.00 and 45.00 in June, cap 50.00: 30 and 20 to the boss, 25 stay."""
    for payer, expected in ((BOSS, ["30.00", "20.00"]), (OWN, ["25.00"])):
        cap = Cap(7, D("50.00"), payer == OWN, {})
        each = (Stretch(date.min, FOREVER, cap),)
        found = [
            item
            for price in (30, 45)
            for _, item in run(life(on(JUNE_1, override=D(price)), stretches=each)).items
        ]
        assert [one.amount for one in found] == [D(one) for one in expected]
        assert found[-1].quantity == 1, "a part shows itself as an amount of its own"
        assert found[-1].unit_price == found[-1].amount


def test_both_parts_of_an_amount_are_items_of_their_own() -> None:
    """CHG-8: in one run both are new, so their keys differ."""
    (boss,) = run(
        life(on(JUNE_1), stretches=(Stretch(date.min, FOREVER, Cap(7, D(10), False, {})),))
    ).items
    (own,) = run(
        life(on(JUNE_1), stretches=(Stretch(date.min, FOREVER, Cap(7, D(10), True, {})),))
    ).items
    assert (boss[1].amount, own[1].amount) == (D("10.00"), D("20.00"))
    assert boss[1].price_key != own[1].price_key


def test_each_month_has_a_cap_of_its_own() -> None:
    cap = Cap(7, D("20.00"), False, {})
    found = run(life(on(MAY_1), stretches=(Stretch(date.min, FOREVER, cap),))).items
    assert [item.amount for _, item in found] == [D("20.00"), D("20.00")]


def test_what_is_given_back_is_given_to_the_own_payer() -> None:
    """A credit fills no cap."""
    assert shared([], Cap(7, D(20), False, {}), JUNE_1) == []


def test_a_period_is_divided_where_its_payer_changes() -> None:
    """HIER-6, SPLIT: each bit with the day that decides who bears it; a whole one is no part."""
    april, tenth, may = date(2027, 4, 1), date(2027, 4, 10), date(2027, 5, 1)
    whole = Period(april, may)
    assert list(divided(whole, None, (tenth,))) == [
        (april, Period(april, tenth)),
        (tenth, Period(tenth, may)),
    ]
    assert list(divided(whole, None, (may,))) == [(april, None)]
    late = Period(date(2027, 4, 20), may)
    assert list(divided(whole, late, (tenth,))) == [(tenth, late)]
