"""Percentages by volume: a share of all that a period charges, by the step it reaches (DSC-1)."""

from decimal import Decimal
from typing import Any

import pytest

from foundation.errors import Invalid
from tests.apps.invoicing.company import START, Company, add, documents, lines
from tests.apps.invoicing.test_discounts import FEB, discount, give, is_green, last
from tests.attacks import refused_by

pytestmark = pytest.mark.django_db
D = Decimal


def test_a_rebate_by_volume_grows_with_what_the_month_comes_to(company: Company) -> None:
    """DSC-1: 900.00 get nothing; with 200.00 told late the 1,100.00 of each month get 2 %.

    22.00 of February and 4.00 of January on the invoice, 18.00 of what January billed by a memo.
    """
    payer = company.payer()
    plan = company.offer("PLAN", {"code": "FEE", "name": "Rental", "price": D(100)})
    subscription = add(payer, plan, quantity=9)
    rebate = discount(
        "VOLUME", name="Rebate", kind="VOLUME_REBATE", level="ACCOUNT", value=None,
        currency="EUR", steps=[(D(1000), D("0.02")), (D(5000), D("0.05"))],
    )  # fmt: skip
    assert rebate.value == D("0.05")
    give(payer, rebate)
    company.bill(START)
    assert documents(payer) == [("INVOICE", "900.00", "1071.00")]
    assert subscription.account_id == payer.pk
    add(payer, plan, quantity=2)
    company.bill(FEB)
    assert documents(payer)[1:] == [
        ("INVOICE", "1274.00", "1516.06"),
        ("CREDIT_NOTE", "18.00", "21.42"),
    ]
    assert lines(last(payer)) == [("01.01.", "Rebate: Rental", "18.00")]
    is_green()


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [(D(5), D("0.1")), (D(1), D("0.2"))],
        [(D(1), D("0.2")), (D(5), D("0.1"))],
        [(D(1), D("0.2")), (D(1), D("0.3"))],
        [(D(1), D("1.2"))],
        [(D(-1), D("0.2"))],
        [(D(1), D(0))],
    ],
)
def test_steps_that_make_no_sense_are_refused(company: Company, steps: Any) -> None:
    with pytest.raises(Invalid):
        discount(
            "VOLUME", kind="VOLUME_REBATE", level="ACCOUNT", value=None, currency="EUR",
            steps=steps,
        )  # fmt: skip
    with pytest.raises(Invalid):
        discount(
            "VOLUME", kind="VOLUME_REBATE", level="CHARGE", value=None, currency="EUR",
            steps=[(D(1), D("0.1"))],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("volume_steps = '[]'", "volume_has_steps"),
        ("kind = 'PERCENT'", "volume_has_steps"),
        ("level = 'CHARGE'", "kind_fits_its_level"),
        ("level = 'INVOICE'", "kind_fits_its_level"),
        ("currency = ''", "money_has_currency"),
        ("value = 1.5", "value_fits_its_kind"),
    ],
)
def test_a_rebate_by_volume_that_cannot_be(company: Company, change: str, guard: str) -> None:
    discount(
        "VOLUME", kind="VOLUME_REBATE", level="ACCOUNT", value=None, currency="EUR",
        steps=[(D(1), D("0.1"))],
    )  # fmt: skip
    attack = f"UPDATE catalog_discountdef SET {change}"
    assert refused_by(attack) == f"catalog_discountdef_{guard}"
