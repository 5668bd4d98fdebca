"""The pages of the console: a frame with permission, lists with filters, forms that call one verb.

    class RunList(ListScreen):                      # /console/invoicing/runs/
        title = "Bill runs"
        permission = "invoicing.view_billrun"
        filters = RunFilters                        # a FilterForm
        columns = (
            Column(label="Run", value="number", link=lambda run: run_url(run.pk)),
            Column(label="State", value="state", kind="status"),
            Column(label="Billed", value="amount", kind="money"),
        )

        def rows(self, filters):
            return queries.runs(state=filters.get("state"))

A screen without `permission` does not start. Who lacks it gets a page that names the right, the
roles that hold it and whom to ask. No screen writes except through one operation.
"""

from foundation.screens import naming
from foundation.screens.cells import Choice, Column, Fact, Tab, Table, Total
from foundation.screens.choosing import Folding, LongSelect, Suggest, settle_choices
from foundation.screens.forms import ActionView, Definition, FormScreen, Parsed, codes
from foundation.screens.frame import STAFF, Button, Crumb, Empty, Screen
from foundation.screens.lists import FilterForm, ListScreen, totals_by_currency
from foundation.screens.opening import may_open

__all__ = [
    "STAFF",
    "ActionView",
    "Button",
    "Choice",
    "Column",
    "Crumb",
    "Definition",
    "Empty",
    "Fact",
    "FilterForm",
    "Folding",
    "FormScreen",
    "ListScreen",
    "LongSelect",
    "Parsed",
    "Screen",
    "Suggest",
    "Tab",
    "Table",
    "Total",
    "codes",
    "may_open",
    "naming",
    "settle_choices",
    "totals_by_currency",
]
