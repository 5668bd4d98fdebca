"""The pages of tax: who sees them, what they show, what they do."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from ledger.operations import ensure_entity
from tax import operations
from tax.models import Jurisdiction, TaxRate, TaxRegistration, TaxRule, TaxType

pytestmark = pytest.mark.django_db
D = Decimal
START = date(2020, 1, 1)
SOON = date.today() + timedelta(days=30)
READS = ("jurisdiction", "taxrate", "taxrule", "taxtype", "taxcategory", "taxregistration")


def person(client: Client, *more: str) -> User:
    user = User.objects.create_user("tina", is_staff=True)
    names = [f"view_{model}" for model in READS] + list(more)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="tax", codename__in=names)
    )
    client.force_login(user)
    return user


@pytest.fixture
def town() -> Jurisdiction:
    country = operations.add_jurisdiction(code="XA", name="Avalon", level="COUNTRY", actor=None)
    state = operations.add_jurisdiction(
        code="XA-N", name="North", level="STATE", parent=country, actor=None
    )
    place = operations.add_jurisdiction(
        code="XA-N-T", name="Townsend", level="CITY", parent=state, actor=None
    )
    operations.define_category(code="TELECOM", name="Telecom", nature="TELECOM", actor=None)
    operations.define_category(code="BOOK", name="Books", nature="GOOD", actor=None)
    tax = operations.add_tax_type(code="SALES", name="Sales tax", actor=None)
    operations.register_entity(
        entity_id=7, jurisdiction=state, number="XA-77", starts=START, actor=None
    )
    for where, rate in ((state, D("0.065")), (place, D("0.0125"))):
        operations.add_rate(
            jurisdiction=where, tax_type=tax, rate=rate, starts=START, on_date=START, actor=None
        )
    operations.add_rule(
        jurisdiction=state, tax_type=tax, treatment="TAXABLE", starts=START, on_date=START,
        actor=None,
    )  # fmt: skip
    operations.add_rule(
        jurisdiction=state, tax_type=tax, treatment="EXEMPT", category="BOOK",
        reason="Books are exempt", starts=START, on_date=START, actor=None,
    )  # fmt: skip
    return place


def test_the_tree_shows_rates_of_a_day(client: Client, town: Jurisdiction) -> None:
    person(client)
    page = client.get(reverse("tax:places")).content.decode()
    assert "Townsend" in page
    assert "6.5 %" in page
    old = client.get(reverse("tax:places"), {"on_date": "2019-12-31"}).content.decode()
    assert "6.5 %" not in old
    place = client.get(reverse("tax:place", args=[town.pk])).content.decode()
    assert "1.25 %" in place
    rules = client.get(reverse("tax:rules"), {"category": "BOOK"}).content.decode()
    assert "Books are exempt" in rules


def ask(client: Client, town: Jurisdiction, **changes: Any) -> Any:
    asked: dict[str, Any] = {
        "entity": 7, "place": town.pk, "category": "TELECOM", "customer": "CONSUMER",
        "on_date": "2027-03-01", "amount": "100.00", "currency": "USD",
    } | changes  # fmt: skip
    return client.get(reverse("tax:why"), asked)


def test_why_this_tax_runs_the_calculator_and_shows_what_it_read(
    client: Client, town: Jurisdiction
) -> None:
    """TAX-11."""
    person(client)
    assert client.get(reverse("tax:why")).status_code == 200
    page = ask(client, town).content.decode()
    for word in ("6.50", "1.25", "107.75", "XA-77", "Taxed at this rate", "rate_id"):
        assert word in page
    exempt = ask(client, town, category="BOOK").content.decode()
    assert "Exempt: Books are exempt" in exempt
    before = ask(client, town, on_date="2019-06-01").content.decode()
    assert "No tax is charged" in before
    inclusive = ask(client, town, amount="107.75", inclusive="on").content.decode()
    assert "100.00" in inclusive


def test_a_tax_is_added_and_names_the_taxes_of_its_base(
    client: Client, town: Jurisdiction
) -> None:
    """TAX-8: only what is computed before may stand in the base."""
    person(client, "change_tax_tables")
    sales = TaxType.objects.get(code="SALES")
    given = {"code": "SURCHARGE", "name": "Surcharge", "sequence": "1", "compounds_on": sales.pk}
    early = client.post(reverse("tax:tax_add"), given)
    assert "is not computed before it" in early.content.decode()
    done = client.post(
        reverse("tax:tax_add"), {**given, "sequence": "2", "pass_through": "on"}, follow=True
    )
    assert "Added SURCHARGE Surcharge" in done.content.decode()
    made = TaxType.objects.get(code="SURCHARGE")
    assert (made.gl_number, list(made.compounds_on.all())) == ("2210", [sales])
    again = client.post(reverse("tax:tax_add"), {**given, "sequence": "3"})
    assert (again.status_code, "code" in again.context["form"].errors) == (422, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "NaN"}, {"amount": "1e9"}, {"currency": "usd"}, {"place": "x"},
        {"entity": "99"}, {"category": "GHOST"}, {"on_date": "soon"}, {"quantity": "-1"},
        {"customer": "*"}, {"amount": ""},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_read_is_said(
    client: Client, town: Jurisdiction, changes: dict[str, str]
) -> None:
    person(client)
    assert ask(client, town, **changes).status_code == 422


FORMS = ("place_add", "tax_add", "rate_add", "rule_add", "register", "rate_end", "rule_end")


def urls(town: Jurisdiction) -> dict[str, str]:
    args: dict[str, list[int]] = {
        "place_add": [], "tax_add": [], "rate_add": [town.pk], "rule_add": [town.pk],
        "register": [town.pk],
        "rate_end": [TaxRate.objects.earliest("pk").pk],
        "rule_end": [TaxRule.objects.earliest("pk").pk],
    }  # fmt: skip
    return {name: reverse(f"tax:{name}", args=args[name]) for name in FORMS}


def test_a_viewer_changes_nothing(client: Client, town: Jurisdiction) -> None:
    person(client)
    for name, url in urls(town).items():
        assert client.get(url).status_code == 403, name
        assert client.post(url, {}).status_code == 403, name


def test_whoever_may_not_see_is_refused(client: Client, town: Jurisdiction) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    for url in (
        reverse("tax:places"), reverse("tax:place", args=[town.pk]), reverse("tax:rules"),
        reverse("tax:why"), *urls(town).values(),
    ):  # fmt: skip
        assert client.get(url).status_code == 403


def test_rows_are_added_and_ended_from_forms(client: Client, town: Jurisdiction) -> None:
    user = person(client, "change_tax_tables")
    tax = TaxRate.objects.earliest("pk").tax_type_id
    at = urls(town)
    for url in at.values():
        assert client.get(url).status_code == 200
    form = {"code": "XA-S", "name": "South", "level": "STATE", "date_basis": "INVOICE_DATE",
            "parent": Jurisdiction.objects.get(code="XA").pk}  # fmt: skip
    assert client.post(at["place_add"], form).status_code == 302
    rate = {"tax_type": tax, "code": "STANDARD", "kind": "PERCENT", "rate": "0.02",
            "starts": str(SOON), "cap_scope": "LINE"}  # fmt: skip
    assert client.post(at["rate_add"], rate).status_code == 302
    old, new = TaxRate.objects.filter(jurisdiction=town).order_by("pk")
    assert (old.valid.upper, new.created_by) == (SOON, user)
    past = client.post(at["rate_add"], rate | {"starts": "2021-01-01"})
    assert past.status_code == 422
    assert "is past" in past.content.decode()
    rule = {"tax_type": tax, "category": "BOOK", "customer_kind": "*", "treatment": "ZERO",
            "taxable_share": "1", "starts": str(SOON)}  # fmt: skip
    assert client.post(at["rule_add"], rule).status_code == 302
    seller = ensure_entity(
        code="XA", name="Larkfield XA", country="XA", functional_currency="EUR",
        time_zone="UTC", books_from=date(2027, 1, 1),
    )  # fmt: skip
    registration = {"entity_id": str(seller.pk), "number": "XA-88", "starts": "2027-01-01"}
    assert client.post(at["register"], registration).status_code == 302
    assert TaxRegistration.objects.filter(entity_id=seller.pk).exists()
    assert "<code>XA</code>" in client.get(reverse("tax:place", args=[town.pk])).content.decode()
    for name in ("rate_end", "rule_end"):
        assert client.post(at[name], {"ends": "2021-01-01"}).status_code == 422
        assert client.post(at[name], {"ends": str(SOON)}).status_code == 302


def test_the_admin_opens_and_edits_nothing_dated(client: Client, town: Jurisdiction) -> None:
    User.objects.create_superuser("root", password="x")
    client.force_login(User.objects.get(username="root"))
    for model in READS:
        assert client.get(reverse(f"admin:tax_{model}_changelist")).status_code == 200
    for model in ("jurisdiction", "taxrate", "taxrule", "taxtype", "taxregistration"):
        assert client.get(reverse(f"admin:tax_{model}_add")).status_code == 403


def test_lists_ask_a_bounded_number_of_questions(
    client: Client, town: Jurisdiction, django_assert_max_num_queries: Any
) -> None:
    person(client)
    for name in ("places", "rules"):
        with django_assert_max_num_queries(14):
            client.get(reverse(f"tax:{name}"))
    with django_assert_max_num_queries(24):
        ask(client, town)
