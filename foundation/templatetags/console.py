"""Template tags of the console: `{% load console %}`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import template

from foundation.screens.cells import Cell, Table, cell, money_text, tone, value_text
from foundation.screens.opening import may_open

register = template.Library()


@register.filter
def money(amount: Any, currency: str = "") -> str:
    """Write an amount with its currency's decimals: `{{ line.net|money:line.currency }}`."""
    code = str(getattr(amount, "currency", "") or currency)
    text = money_text(amount, code)
    return f"{text} {code}".strip() if text else ""


@register.filter
def shown(value: Any, kind: str = "text") -> str:
    """Write a value as its kind is written: `{{ run.bill_date|shown:"date" }}`."""
    return value_text(value, kind)


@register.filter(name="tone")
def tone_filter(state: Any) -> str:
    """Return the tone of a state word: good, warn, bad, info or neutral."""
    return tone(state)


@register.inclusion_tag("console/partials/status.html")
def status(state: Any, label: str = "") -> dict[str, Any]:
    """Show a state as a chip: `{% status invoice.state %}`."""
    return {"tone": tone(state), "text": label or value_text(state, "status")}


@register.inclusion_tag("console/partials/table.html")
def table(table: Table | None, empty: str = "") -> dict[str, Any]:
    """Show a `foundation.screens.Table`."""
    return {"table": table, "empty": empty or (table.empty if table else "")}


@register.inclusion_tag("console/partials/cell.html", name="cell", takes_context=True)
def cell_tag(context: template.Context, shown: Cell) -> dict[str, Any]:
    """Show one cell of a table, a fact or a total; it leads only where the reader may go."""
    if shown.url and not may_open(getattr(context, "request", None), shown.url):
        shown = replace(shown, url="", text="" if shown.kind == "act" else shown.text)
    return {"cell": shown}


@register.inclusion_tag("console/partials/cell.html")
def amount(value: Any, currency: str = "", url: str = "") -> dict[str, Any]:
    """Show an amount as in a table: `{% amount invoice.total invoice.currency url=… %}`."""
    return {"cell": cell(value, kind="money", currency=str(currency), url=url)}


@register.inclusion_tag("console/partials/facts.html")
def facts(facts: list[Any], caption: str = "") -> dict[str, Any]:
    """Show a definition list of `foundation.screens.Fact`."""
    return {"facts": facts, "caption": caption}


@register.inclusion_tag("console/partials/totals.html")
def totals(totals: list[Any], label: str = "Totals") -> dict[str, Any]:
    """Show a strip of `foundation.screens.Total`; several currencies stand in rows of a table."""
    lines: dict[str, dict[str, Any]] = {}
    for total in totals:
        lines.setdefault(total.currency, {})[total.label] = total
    columns = list(dict.fromkeys(total.label for total in totals))
    is_grid = len(lines) > 1 and "" not in lines and sum(map(len, lines.values())) == len(totals)
    rows = [(code, [line.get(column) for column in columns]) for code, line in lines.items()]
    return {
        "totals": totals,
        "label": label,
        "columns": columns if is_grid else (),
        "rows": rows,
    }


@register.inclusion_tag("console/partials/button.html", takes_context=True)
def button(context: template.Context, button: Any) -> dict[str, Any]:
    """Show a `foundation.screens.Button`: a link, or a form that posts (asking first)."""
    return {"button": button, "csrf_token": context.get("csrf_token")}
