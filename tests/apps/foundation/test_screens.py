"""Pages: who sees them, how lists bound, filter, add up and export, how refusals read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django.asserts import assertHTMLEqual

from foundation.errors import Refusal
from foundation.paging import keyset_page
from foundation.periods import Period
from foundation.screens import Column, LongSelect, Suggest, Total, codes, settle_choices
from foundation.screens.cells import dates_told, value_text
from foundation.screens.forms import sentence
from foundation.templatetags.console import totals

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.apps.foundation.console_urls")]


def staff(client: Client, *permissions: str) -> User:
    user = User.objects.create_user("clara", is_staff=True)
    for name in permissions:
        user.user_permissions.add(Permission.objects.get(codename=name.partition(".")[2]))
    client.force_login(user)
    return user


def test_whoever_is_not_logged_in_is_sent_to_the_login(client: Client) -> None:
    response = client.get("/t/people/")
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/?next=/t/people/")


def test_a_refused_page_names_the_right_the_roles_and_whom_to_ask(client: Client) -> None:
    staff(client)
    role = Group.objects.create(name="Registrar")
    role.permissions.add(Permission.objects.get(codename="view_user"))
    User.objects.create_user("ada").groups.add(Group.objects.get_or_create(name="Access admin")[0])
    response = client.get("/t/people/")
    page = response.content.decode()
    assert response.status_code == 403
    assert "Can view user" in page
    assert "Registrar" in page
    assert "ada" in page


def test_a_user_with_the_right_but_not_staff_is_refused(client: Client) -> None:
    user = staff(client, "auth.view_user")
    User.objects.filter(pk=user.pk).update(is_staff=False)
    assert client.get("/t/people/").status_code == 403


def test_a_screen_without_permission_does_not_start(client: Client) -> None:
    staff(client)
    with pytest.raises(ImproperlyConfigured):
        client.get("/t/forgotten/")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The period of 2027-01-31 is closed.", "The period of 31 Jan 2027 is closed."),
        ("It ends on 2027-06-01.", "It ends on 1 Jun 2027."),
        (
            "Of usage-2027-01-31.csv and 2027-01-31.csv",
            "Of usage-2027-01-31.csv and 2027-01-31.csv",
        ),
        ("2027-02-30 is no day", "2027-02-30 is no day"),
    ],
)
def test_a_refusal_names_dates_as_the_console_writes_them(text: str, told: str) -> None:
    assert dates_told(text) == told
    assert sentence(Refusal(text, rule="PER-1")) == f"{told} (PER-1)"


def test_a_list_shows_cells_totals_buttons_and_pages(client: Client) -> None:
    staff(client, "auth.view_user")
    User.objects.bulk_create(User(username=f"person-{n}") for n in range(7))
    page = client.get("/t/people/?page=2").content.decode()
    assert "person-2" in page
    assert "person-6" not in page
    assert "4–6 of 8" in page
    assert '<span class="hs-chip hs-warn">Held</span>' in page
    assert 'href="/owed/"' in page
    assert "Drop" in page
    assert ">Add<" not in page, "a button is shown only to whoever has its permission"


def test_a_page_number_out_of_bounds_gives_the_nearest_page(client: Client) -> None:
    staff(client, "auth.view_user")
    for asked in ("99", "0", "-1", "x", "१", "9" * 30):
        assert client.get("/t/people/", {"page": asked}).status_code == 200


def test_a_filter_that_cannot_be_read_is_said(client: Client) -> None:
    staff(client, "auth.view_user")
    response = client.get("/t/people/?since=yesterday")
    assert response.status_code == 422
    assert "Enter a valid date" in response.content.decode()


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    staff(client, "auth.view_user")
    assert "Clear the filters" in client.get("/t/people/?name=zz").content.decode()
    User.objects.exclude(username="clara").delete()


def test_the_export_takes_a_right_of_its_own(client: Client) -> None:
    staff(client, "auth.view_user")
    assert "export=" not in client.get("/t/people/").content.decode()
    assert client.get("/t/people/?export=csv").status_code == 403


def test_the_export_holds_every_row_and_keeps_the_filter(client: Client) -> None:
    staff(client, "auth.view_user", "auth.view_group")
    assert "export=csv" in client.get("/t/people/").content.decode()
    User.objects.bulk_create(User(username=f"u{n}") for n in range(7))
    User.objects.create(username="=cmd()")
    lines = client.get("/t/people/?name=u&export=csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Name,Owes,Owes currency,State")
    assert len(lines) == 8
    everyone = client.get("/t/people/?export=csv").content.decode("utf-8-sig")
    assert "'=cmd()" in everyone
    book = client.get("/t/people/?export=xlsx")
    assert book.content.startswith(b"PK")


def test_a_keyed_list_goes_forth_and_back(client: Client) -> None:
    staff(client, "auth.view_user")
    User.objects.bulk_create(User(username=f"u{n}") for n in range(7))
    response = client.get("/t/keyed/")
    paging = response.context["paging"]
    assert [user.username for user in response.context["table"].rows] == ["u6", "u5", "u4"]
    second = client.get("/t/keyed/" + paging["older"])
    assert [user.username for user in second.context["table"].rows] == ["u3", "u2", "u1"]
    back = client.get("/t/keyed/" + second.context["paging"]["newer"])
    assert [user.username for user in back.context["table"].rows] == ["u6", "u5", "u4"]
    assert not back.context["paging"]["newer"]
    assert client.get("/t/keyed/?cursor=hostile").status_code == 200


def test_keyset_paging_visits_every_row_once() -> None:
    User.objects.bulk_create(
        User(username=f"k{n}", first_name=f"n{n % 3}", last_name="key") for n in range(20)
    )
    rows = User.objects.filter(last_name="key")
    seen: list[str] = []
    cursor = ""
    while True:
        page = keyset_page(rows, ordering=("first_name", "-id"), size=4, cursor=cursor)
        seen += [user.username for user in page.rows]
        if not page.older:
            break
        cursor = page.older
    expected = [user.username for user in rows.order_by("first_name", "-id")]
    assert seen == expected


def test_a_refusal_stands_at_the_form(client: Client) -> None:
    staff(client, "auth.add_group")
    response = client.post("/t/group/", {"name": "no"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "There is such a group (TEST-1)" in page
    assert 'value="no"' in page


def test_a_refusal_stands_at_the_field_that_it_means(client: Client) -> None:
    staff(client, "auth.add_group")
    page = client.post("/t/group/", {"name": "short"}).content.decode()
    assert '<p class="hs-error">Write it out</p>' in page, "with no rule that says nothing"
    assert "hs-refusal" not in page


def test_who_types_what_there_is_not_is_told_what_was_typed() -> None:
    class Form(forms.Form):
        group = forms.ModelChoiceField(
            Group.objects.all(), to_field_name="name", widget=forms.TextInput
        )

    form = Form({"group": "NOPE"})
    settle_choices(form)
    assert form.errors["group"] == ["There is no “NOPE” here."]


def test_a_guard_of_the_database_stands_at_the_form(client: Client) -> None:
    staff(client, "auth.add_group")
    assert client.post("/t/group/", {"name": "yes"}).status_code == 302
    response = client.post("/t/group/", {"name": "yes"})
    assert response.status_code == 422
    assert "it exists already" in response.content.decode()


def test_an_action_takes_only_post_and_says_its_refusal(client: Client) -> None:
    staff(client, "auth.delete_group")
    assert client.get("/t/drop/").status_code == 405
    response = client.post("/t/drop/")
    assert response.status_code == 302
    assert "A group is kept (TEST-2)" in str(
        [str(m) for m in response.wsgi_request._messages]  # type: ignore[attr-defined]
    )


def test_text_of_users_is_escaped(client: Client) -> None:
    staff(client, "auth.view_user")
    User.objects.create(username="<script>alert(1)</script>")
    page = client.get("/t/people/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_long_choice_is_written_as_django_writes_it() -> None:
    choices = [("", "Any"), ("a&b", "A <and> B"), ("c", "C")]
    for value in ("", "a&b", "c"):
        ours, plain = (
            widget(choices=choices).render("zone", value, {"id": "id_zone", "required": True})
            for widget in (LongSelect, forms.Select)
        )
        assertHTMLEqual(ours, plain)


def test_groups_of_a_long_choice_are_written_as_django_writes_them() -> None:
    choices = [("", "Choose"), ("Ours & theirs", [("EUR", "EUR")]), ("Others", [("<>", "<>")])]
    ours, plain = (
        widget(choices=choices).render("currency", "EUR", {"id": "id_currency"})
        for widget in (LongSelect, forms.Select)
    )
    assertHTMLEqual(ours, plain)


def test_a_line_proposes_what_there_is_when_the_page_is_written() -> None:
    there: list[tuple[str, str]] = []
    line = Suggest(lambda: there, {"size": 9})
    there.append(("A<1>", "Rent & more"))
    assertHTMLEqual(
        line.render("charge", "A", {"id": "id_charge"}),
        """<input type="text" name="charge" value="A" id="id_charge" size="9" autocomplete="off"
        list="charge-proposals"><datalist id="charge-proposals">
        <option value="A&lt;1&gt;">Rent &amp; more</option></datalist>""",
    )


def test_currencies_that_lack_a_figure_still_stand_in_one_table() -> None:
    figures = [
        Total(label="Invoices", amount=Decimal("7.50"), currency="EUR"),
        Total(label="Invoices", amount=Decimal(9), currency="USD"),
        Total(label="Credits", amount=Decimal("1.25"), currency="USD"),
    ]
    shown = totals(figures)
    assert shown["columns"] == ["Invoices", "Credits"]
    assert shown["rows"] == [("EUR", [figures[0], None]), ("USD", figures[1:])]


def test_figures_of_one_currency_or_of_none_stand_in_a_row() -> None:
    counted = Total(label="Rows", amount=3, kind="number")
    assert not totals([counted, Total(label="Owed", amount=Decimal(1), currency="EUR")])["columns"]
    assert not totals([Total(label="Owed", amount=Decimal(1), currency="EUR")])["columns"]


def test_a_period_on_screen_has_its_last_day_and_no_leading_zero() -> None:
    assert value_text(Period(date(2026, 8, 1), date(2026, 9, 1))) == "1 Aug 2026 – 31 Aug 2026"


def test_a_measure_is_money_where_its_row_has_a_currency_else_a_number() -> None:
    left = Column(label="Left", value="left", kind="measure")
    assert left.cell({"left": Decimal("50.0000"), "currency": "USD"}).text == "50.00"
    assert left.cell({"left": Decimal("-1050"), "currency": "JPY"}).text == "−1,050"
    units = left.cell({"left": Decimal("50.0000"), "currency": ""})
    assert (units.text, units.is_numeric, units.currency) == ("50", True, "")


def test_names_that_are_typed_are_set_apart_and_made_harmless() -> None:
    assert codes("usage_type", "<b>") == "<code>usage_type</code>, <code>&lt;b&gt;</code>"
