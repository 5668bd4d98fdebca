"""The tree around an account, opened line by line; large branches are turned page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Window
from django.db.models.functions import RowNumber

from customers import queries
from customers.models import Account
from customers.views.account import SHOWN, OfAccount
from customers.views.lists import account_url
from foundation.screens import Column, Table

MOST_LINES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree: the account, how deep it stands, and how to open or close it.

    Without an account it stands for those of `parent` that are not shown; `page` shows them.
    """

    account: Account | None
    depth: int
    has_children: bool = False
    is_open: bool = False
    parent_id: int = 0
    page: int = 0


class AccountTree(OfAccount):
    """The tree around an account: the way up, and below only what was opened (HIER-7).

    Read by the parents, level by level: neither a move nor a tree that waits to be numbered
    makes it slower or wrong. Every line is a link, so a keyboard is enough and no script is used.
    """

    permission = "customers.view_account"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the account."""
        return f"Tree of {self.account}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the lines that are open."""
        return super().get_context_data(
            intro=f"Open a line to see the accounts below it, {SHOWN} at a time.",
            table=Table(rows=list(self._lines()), columns=self._columns()),
            **kwargs,
        )

    @property
    def opened(self) -> set[int]:
        """The accounts whose lines are open: those asked for, and the way to this one."""
        asked = self.request.GET.get("open", "").split(",")[:SHOWN]
        return {number for text in asked if (number := _number(text))}

    @property
    def pages(self) -> dict[int, int]:
        """The page of a branch that is shown, where it is not the first."""
        pairs = (one.partition(":") for one in self.request.GET.get("page", "").split(","))
        found = {_number(parent): _number(page) for parent, _, page in list(pairs)[:SHOWN]}
        return {parent: page for parent, page in found.items() if parent and page}

    def _lines(self) -> Iterator[Node]:
        """Walk down from the root through what is open, siblings by their number."""
        way = [*queries.ancestors(account=self.account), self.account]
        opened = self.opened | {one.pk for one in way}
        below, larger = self._below(opened, {one.pk for one in way[1:]})
        rest = [Node(way[0], 0, has_children=way[0].pk in below, is_open=True)]
        for _ in range(MOST_LINES):
            if not rest:
                return
            node = rest.pop()
            yield node
            if node.account is not None and node.is_open:
                found = below.get(node.account.pk, ())
                parent, depth = node.account.pk, node.depth + 1
                page = self.pages.get(parent, 0)
                if parent in larger:
                    rest.append(Node(None, depth, parent_id=parent, page=page + 1))
                rest += [
                    Node(one, depth, bool(getattr(one, "has_children", False)), one.pk in opened)
                    for one in reversed(found)
                ]
                if page:
                    rest.append(Node(None, depth, parent_id=parent, page=page - 1))

    def _below(self, opened: set[int], way: set[int]) -> tuple[dict[int, list[Account]], set[int]]:
        """Return what is shown below each open account, and which of these have still more.

        An account on the way to this one is shown whichever page it is on.
        """
        place = Window(RowNumber(), partition_by=F("parent_id"), order_by=F("number").asc())
        pages = self.pages
        ranked = Account.objects.filter(parent_id__in=opened).annotate(place=place)
        ids, larger = set(way), set()
        for page in {pages.get(parent, 0) for parent in opened}:
            parents = [parent for parent in opened if pages.get(parent, 0) == page]
            first = page * SHOWN
            shown = ranked.filter(
                parent_id__in=parents, place__gt=first, place__lte=first + SHOWN + 1
            )
            for pk, parent, at in shown.values_list("pk", "parent_id", "place"):
                if at > first + SHOWN:
                    larger.add(parent)
                else:
                    ids.add(pk)
        has_children = Exists(Account.objects.filter(parent=OuterRef("pk")))
        rows = Account.objects.filter(pk__in=ids or {0}).annotate(has_children=has_children)
        found: dict[int, list[Account]] = {}
        for row in rows.order_by("number"):
            if row.parent_id is not None:
                found.setdefault(row.parent_id, []).append(row)
        return found, larger

    def _link(self, node: Node) -> str:
        opened, pages = self.opened, self.pages
        if node.account is None:
            pages[node.parent_id] = node.page
        elif node.has_children:
            opened ^= {node.account.pk}
        else:
            return ""
        asked = {
            "open": ",".join(str(pk) for pk in sorted(opened)),
            "page": ",".join(f"{pk}:{page}" for pk, page in sorted(pages.items()) if page),
        }
        return "?" + urlencode({name: text for name, text in asked.items() if text}, safe=",:")

    def _label(self, node: Node) -> str:
        indent = "\u2003" * node.depth
        if node.account is None:
            later = node.page > self.pages.get(node.parent_id, 0)
            return f"{indent}\u2026 {'next' if later else 'earlier'} accounts"
        mark = "\u2003 "
        if node.has_children:
            mark = "\u25be " if node.is_open else "\u25b8 "
        return indent + mark + node.account.name

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column(label="Account", value=self._label, link=self._link),
            Column(
                label="Number",
                value=_of("number"),
                kind="code",
                link=lambda node: account_url(node.account.pk) if node.account else "",
            ),
            Column(label="Role", value=_of("get_role_display")),
            Column(label="Cost centre", value=_of("cost_centre")),
            Column(label="Status", value=_of("status"), kind="status"),
        )


def _of(name: str) -> Callable[[Node], Any]:
    """Return what reads a fact of a line's account."""

    def fact(node: Node) -> Any:
        found = getattr(node.account, name, "")
        return found() if callable(found) else found

    return fact


def _number(text: str) -> int:
    """Return the number that a part of the address gives; 0 when it gives none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
