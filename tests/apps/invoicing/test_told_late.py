"""What is told later than the look-back reaches is a finding for a person (CHG-6)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from invoicing.models import BillRunFinding
from tests.apps.invoicing.company import Company, add, documents, modify

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR, APR = (date(2027, month, 1) for month in (2, 3, 4))


def test_a_change_behind_the_look_back_is_told_once(company: Company) -> None:
    company.cycle.rebill_periods = 0
    company.cycle.save()
    payer = company.payer()
    sub = add(payer, company.offer("SEAT", {"price": D(31)}))
    company.bill(FEB)
    modify(sub, date(2027, 1, 20), MAR, quantity=D(2))
    run = company.bill(MAR)
    found = BillRunFinding.objects.filter(run=run, rule="CHG-6")
    assert [one.message.split(" changes")[0][:5] for one in found] == ["Order"]
    assert "2027-01-20" in found.get().message
    later = company.bill(APR)
    assert not BillRunFinding.objects.filter(run=later, rule="CHG-6").exists()
    assert documents(payer)[-1][1] == "62.00", "from now on two seats"


def test_a_change_within_the_look_back_is_corrected_in_silence(company: Company) -> None:
    payer = company.payer()
    sub = add(payer, company.offer("SEAT", {"price": D(31)}))
    company.bill(FEB)
    modify(sub, date(2027, 1, 20), MAR, quantity=D(2))
    run = company.bill(MAR)
    assert not BillRunFinding.objects.filter(run=run, rule="CHG-6").exists()
