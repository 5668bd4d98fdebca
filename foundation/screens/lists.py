"""Lists: declared filters, bounded pages, totals by currency, an export, and an empty state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import wraps
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from foundation import exports, scope
from foundation.paging import COUNT_CAP, capped_count, keyset_page
from foundation.screens.cells import Cell, Column, Table, Total
from foundation.screens.choosing import settle_choices
from foundation.screens.frame import STAFF, Empty, Screen

EXPORT_CAP = 100_000
STRETCH = 2_000


class FilterForm(forms.Form):
    """The filters of a list: every field is optional, an unknown value is said, not ignored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False
            if isinstance(field, forms.DateField) and isinstance(field.widget, forms.TextInput):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        settle_choices(self, nothing="Any")


def totals_by_currency(rows: QuerySet[Any], **figures: str) -> list[Total]:
    """Return one total per figure and currency: `totals_by_currency(rows, Billed="total")`.

    Amounts of two currencies are never added; the order of currencies is fixed.
    """
    names = [f"total_{position}" for position in range(len(figures))]
    sums = {name: Sum(column) for name, column in zip(names, figures.values(), strict=True)}
    grouped = rows.order_by().values("currency").annotate(**sums).order_by("currency")
    return [
        Total(label=label, amount=line[name], currency=line["currency"])
        for line in grouped
        for name, label in zip(names, figures, strict=True)
        if line[name] is not None
    ]


class ListScreen(Screen):
    """A table of rows.

    Set `columns`, give `rows(filters)` (a queryset, or a sequence where it is short), and where
    wanted `filters` (a `FilterForm`), `totals`, `empty`. `keyset` (an ordering of own columns
    ending in a unique one) pages by key: use it where there may be more than 10,000 rows.

    Whoever sees the list may export it with the room's right `export_lists`, unless
    `export_permission` names another.
    """

    template_name = "console/list.html"
    is_list = True
    columns: Sequence[Column] = ()
    filters: ClassVar[type[FilterForm] | None] = None
    keyset: Sequence[str] = ()
    page_size = 50
    export_name = ""
    empty = Empty()
    intro = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let `rows`, wherever it is called from, return only what the person sees."""
        super().__init_subclass__(**kwargs)
        if "rows" in cls.__dict__:
            cls.rows = _narrowed(cls.__dict__["rows"])  # type: ignore[method-assign]

    def get_export_permission(self) -> str:
        """Return the right to take the list away: that of the room whose rows it shows."""
        label = self.required_permissions()[0].partition(".")[0]
        return self.export_permission or ("" if label == STAFF else f"{label}.export_lists")

    def rows(self, filters: dict[str, Any]) -> QuerySet[Any] | Sequence[Any]:
        """Return what the list holds, narrowed by the cleaned filters."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")

    def totals(self, filters: dict[str, Any]) -> Sequence[Total]:
        """Return the figures above the list; see `totals_by_currency`."""
        return ()

    def entities_asked(self, filters: dict[str, Any]) -> Collection[int] | None:
        """Return the legal entity of the filter, else those the person works for, None for all."""
        entity = filters.get("entity")
        return [entity.pk] if entity else scope.entities_of(self.request.user)

    def look_up(self, rows: list[Any]) -> None:
        """Read what the columns of these rows need from elsewhere, for all of them at once.

        Called with the rows of a page, or with each stretch of an export, before they are written
        and their totals are asked for; what the list holds may be replaced in it.
        """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page asked for, or hand out the whole list as a file."""
        form = self.filter_form()
        valid = form is None or form.is_valid()
        filters = dict(form.cleaned_data) if form is not None and valid else {}
        if valid and request.GET.get("export") in ("csv", "xlsx"):
            return self.export(request.GET["export"], filters)
        context = self.get_context_data(filter_form=form, **self.page(filters, valid=valid))
        return self.render_to_response(context, status=200 if valid else 422)

    def filter_form(self) -> FilterForm | None:
        """Return the filters as asked for in the address."""
        if self.filters is None:
            return None
        form = self.filters(self.request.GET)
        if not any(name in self.request.GET for name in form.fields):
            form = self.filters(self.filter_defaults())
        self.narrow_choices(form)
        return form

    def filter_defaults(self) -> dict[str, str]:
        """Return the filters of who has asked for none: what the daily work needs."""
        return {}

    def page(self, filters: dict[str, Any], *, valid: bool) -> dict[str, Any]:
        """Return the table of one page, its totals and its neighbours."""
        rows = self.rows(filters) if valid else []
        shown, paging = self._keyset(rows) if self.keyset else self._numbered(rows)
        self.look_up(shown)
        names = self.filters.base_fields if self.filters is not None else {}
        given = any(self.request.GET.get(name) for name in names)
        return {
            "table": Table(columns=self.columns, rows=shown),
            "paging": paging,
            "totals": self.totals(filters) if valid and shown else (),
            "empty": Empty() if given else self.empty,
            "is_filtered": given or not valid,
            "intro": self.intro,
            "export_csv": self.address(export="csv") if self.may_export() else "",
            "export_xlsx": self.address(export="xlsx") if self.may_export() else "",
        }

    def address(self, **changes: str | int) -> str:
        """Return this list's address with some parameters changed."""
        kept = {
            name: values
            for name, values in self.request.GET.lists()
            if name not in ("page", "cursor", "export")
        }
        kept.update({name: [str(value)] for name, value in changes.items()})
        return "?" + urlencode(kept, doseq=True)

    def page_number(self) -> int:
        """Return the page asked for, 1 for anything that is none; there may be fewer."""
        asked = self.request.GET.get("page", "1")
        readable = asked.isascii() and asked.isdigit() and len(asked) < 10
        return max(int(asked), 1) if readable else 1

    def _numbered(self, rows: QuerySet[Any] | Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        counted = capped_count(rows) if isinstance(rows, QuerySet) else len(rows)
        total = min(counted, COUNT_CAP)
        last = max(1, -(-total // self.page_size))
        number = min(self.page_number(), last)
        start = (number - 1) * self.page_size
        shown = list(rows[start : start + self.page_size])
        return shown, {
            "count": f"{total:,}+" if counted > COUNT_CAP else f"{total:,}",
            "first": start + 1,
            "last": start + len(shown),
            "newer": self.address(page=number - 1) if number > 1 else "",
            "older": self.address(page=number + 1) if number < last else "",
        }

    def _keyset(self, rows: QuerySet[Any] | Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        if not isinstance(rows, QuerySet):
            return self._numbered(rows)
        page = keyset_page(
            rows,
            ordering=self.keyset,
            size=self.page_size,
            cursor=self.request.GET.get("cursor", ""),
        )
        return list(page.rows), {
            "newer": self.address(cursor=page.newer) if page.newer else "",
            "older": self.address(cursor=page.older) if page.older else "",
        }

    def export(self, file_format: str, filters: dict[str, Any]) -> HttpResponse:
        """Hand out every row of the filtered list as CSV or XLSX, up to `EXPORT_CAP`."""
        rows = self.rows(filters)
        counted = capped_count(rows, cap=EXPORT_CAP) if isinstance(rows, QuerySet) else len(rows)
        if counted > EXPORT_CAP:
            messages.error(
                self.request,
                f"The list has more than {EXPORT_CAP:,} rows. Narrow it by its filters first.",
            )
            return HttpResponseRedirect(self.address())
        columns = [column for column in self.columns if column.export]
        found = rows.iterator(chunk_size=STRETCH) if isinstance(rows, QuerySet) else iter(rows)
        name = self.export_name or self.get_title().lower().replace(" ", "-")
        return exports.download(
            name, file_format, headers(columns), lines(columns, self._stretches(found))
        )

    def _stretches(self, rows: Iterator[Any]) -> Iterator[Any]:
        while stretch := list(islice(rows, STRETCH)):
            self.look_up(stretch)
            yield from stretch


def _narrowed(rows: Callable[..., Any]) -> Callable[..., Any]:
    """Return a list's `rows` behind the one door of `foundation.scope`."""

    @wraps(rows)
    def seen(screen: ListScreen, filters: dict[str, Any]) -> Any:
        found = rows(screen, filters)
        if isinstance(found, QuerySet):
            return screen.narrowed(found)
        is_own = screen.subject or screen.subjects or screen.reach != "rows"
        if not is_own and scope.entities_of(screen.request.user) is not None:
            raise PermissionDenied("This list is about every legal entity.")
        return found

    return seen


def headers(columns: Sequence[Column]) -> list[str]:
    """Return an export's headings; a money column is followed by its currency."""
    return [
        heading
        for column in columns
        for heading in (
            [column.label, f"{column.label} currency"]
            if column.kind == "money"
            else [column.label]
        )
    ]


def lines(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Return an export's lines: numbers and dates as such, everything else as its text."""
    for row in rows:
        line: list[Any] = []
        for column in columns:
            shown: Cell = column.cell(row)
            keep = shown.is_numeric or shown.kind in ("date", "instant")
            line.append(shown.raw if keep else shown.text)
            if column.kind == "money":
                line.append(shown.currency)
        yield line
