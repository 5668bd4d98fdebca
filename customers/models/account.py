"""The account tree: its picture of now (MPTT) and its dated truth (positions)."""

from typing import TYPE_CHECKING, Any, Final

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Upper

from customers.choices import AccountRole, AccountStatus, Delivery, InvoiceMode, TermsKind
from foundation.fields import CurrencyField, PlainAmountField, money_checks
from foundation.stamped import Stamped

if TYPE_CHECKING:
    _Node = models.Model

    class _TreeManager(models.Manager["Account"]):
        """What is used of the tree manager."""

        def move_node(
            self, node: "Account", target: "Account | None", position: str = "last-child"
        ) -> None: ...

        def rebuild(self) -> None: ...
else:
    from mptt.managers import TreeManager as _TreeManager
    from mptt.models import MPTTModel as _Node

TREE_COLUMNS: Final = frozenset(
    {"parent", "role", "lft", "rght", "tree_id", "level", "unnumbered"}
)
"""Written by the moves alone."""


class AccountManager(_TreeManager):
    """Accounts; moves through it are made by `customers.operations` under the tree lock."""

    def payers(self) -> models.QuerySet["Account"]:
        """Return the accounts that pay for themselves now."""
        return self.filter(role=AccountRole.PAYER)


def take_tree_lock() -> None:
    """Hold the one lock of all tree writes until the transaction ends (HIER-7).

    A second call in one transaction does nothing. The trigger
    `customers_account_tree_needs_lock` refuses tree writes of a transaction without it.
    """
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT customers_tree_lock()")


class Account(Stamped, _Node):
    """A node of the account tree; a payer receives invoices, a non-payer only owns services.

    `parent`, `role` and the MPTT columns are the picture of now. What held or will hold at a
    date stands in AccountPosition; money never reads the picture. `unnumbered` counts, on a root,
    the changes of its tree that its numbers (`lft`, `rght`, `level`, `tree_id`) do not show yet.
    """

    number = models.CharField(max_length=32, unique=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="accounts")
    parent = models.ForeignKey(
        "self", models.PROTECT, related_name="children", null=True, blank=True
    )
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=12, choices=AccountRole.choices)
    entity = models.ForeignKey("ledger.LegalEntity", models.PROTECT, related_name="+")
    currency = CurrencyField()
    time_zone = models.CharField(max_length=64)
    cycle_code = models.CharField(max_length=16, blank=True, default="")
    cycle_day = models.PositiveSmallIntegerField(default=1)
    cycle_months = models.PositiveSmallIntegerField(default=1)
    invoice_mode = models.CharField(
        max_length=12, choices=InvoiceMode.choices, default=InvoiceMode.CONSOLIDATED
    )
    terms_kind = models.CharField(max_length=12, choices=TermsKind.choices, default=TermsKind.NET)
    terms_days = models.PositiveSmallIntegerField(default=30)
    pricebook = models.ForeignKey(
        "catalog.PriceBook", models.PROTECT, related_name="+", null=True, blank=True
    )
    credit_limit = PlainAmountField(null=True, blank=True)
    language = models.CharField(max_length=8, default="en")
    delivery = models.CharField(max_length=8, choices=Delivery.choices, default=Delivery.EMAIL)
    po_number = models.CharField("PO number", max_length=64, blank=True, default="")
    cost_centre = models.CharField(max_length=64, blank=True, default="")
    billing_hold_until = models.DateField(null=True, blank=True)
    billing_hold_reason = models.CharField(max_length=200, blank=True, default="")
    dunning_hold_until = models.DateField(null=True, blank=True)
    status = models.CharField(
        max_length=12, choices=AccountStatus.choices, default=AccountStatus.ACTIVE
    )
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    lft = models.PositiveIntegerField(editable=False)
    rght = models.PositiveIntegerField(editable=False)
    tree_id = models.PositiveIntegerField(editable=False)
    level = models.PositiveIntegerField(editable=False)
    unnumbered = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects = AccountManager()

    class Meta:
        permissions = [
            ("move_account", "Can move an account or change who pays"),
            ("hold_account", "Can hold the billing of an account"),
            ("close_account", "Can close an account"),
        ]
        constraints = [
            models.CheckConstraint(
                name="customers_account_root_pays",
                condition=Q(parent__isnull=False) | Q(role=AccountRole.PAYER),
            ),
            models.CheckConstraint(
                name="customers_account_root_is_unnumbered",
                condition=Q(parent__isnull=True) | Q(unnumbered=0),
            ),
            models.CheckConstraint(
                name="customers_account_role_known", condition=Q(role__in=AccountRole.values)
            ),
            models.CheckConstraint(
                name="customers_account_status_known",
                condition=Q(status__in=AccountStatus.values),
            ),
            models.CheckConstraint(
                name="customers_account_not_its_own_parent", condition=~Q(parent=F("id"))
            ),
            models.CheckConstraint(
                name="customers_account_cycle_day_of_month",
                condition=Q(cycle_day__range=(1, 31)) & Q(cycle_months__range=(1, 120)),
            ),
            models.CheckConstraint(
                name="customers_account_terms_known",
                condition=Q(terms_kind__in=TermsKind.values) & Q(terms_days__lte=365),
            ),
            models.CheckConstraint(
                name="customers_account_closed_has_date",
                condition=~Q(status=AccountStatus.CLOSED) | Q(closed_on__isnull=False),
            ),
            models.CheckConstraint(
                name="customers_account_closed_after_opening",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
            ),
            models.CheckConstraint(
                name="customers_account_held_with_reason",
                condition=Q(billing_hold_until__isnull=True) | ~Q(billing_hold_reason=""),
            ),
            *money_checks("customers_account", "credit_limit"),
        ]
        indexes = [
            models.Index(fields=["tree_id", "lft"], name="customers_account_tree"),
            models.Index(
                fields=["id"], name="customers_account_unnumbered", condition=Q(unnumbered__gt=0)
            ),
            models.Index(fields=["cycle_code", "role"], name="customers_account_cycle"),
            GinIndex(
                OpClass(Upper("name"), name="gin_trgm_ops"), name="customers_account_name_like"
            ),
            models.Index(
                fields=["number"],
                name="customers_account_number_like",
                opclasses=["varchar_pattern_ops"],
            ),
        ]

    class MPTTMeta:
        parent_attr = "parent"

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save under the tree lock when the row is new; never write tree columns afterwards.

        An account read before somebody else moved a branch would else put back old edges. A new
        account is a tree of its own, or stands beside its parent until its tree is numbered
        (`operations.tree_numbers`): making room for it would write the whole tree.
        """
        if not self._state.adding:
            fields = kwargs.get("update_fields")
            kwargs["update_fields"] = set(fields or self.column_names()) - TREE_COLUMNS
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            take_tree_lock()
            if self.parent_id is not None:
                self.parent = Account.objects.get(pk=self.parent_id)
            self.stand_below(self.parent)
            models.Model.save(self, *args, **kwargs)

    def stand_below(self, parent: "Account | None") -> None:
        """Take numbers beside the parent, or those of a tree of one's own."""
        if parent is not None:
            self.tree_id, self.level = parent.tree_id, parent.level + 1
            self.lft, self.rght = parent.lft, parent.lft + 1
            return
        last = Account.objects.aggregate(last=models.Max("tree_id"))["last"]
        self.tree_id, self.level, self.lft, self.rght = (last or 0) + 1, 0, 1, 2

    def column_names(self) -> list[str]:
        """Return the names of all columns but the key."""
        return [field.name for field in self._meta.concrete_fields if not field.primary_key]

    def is_payer(self) -> bool:
        """Tell whether the account pays for itself now."""
        return self.role == AccountRole.PAYER

    def is_open(self) -> bool:
        """Tell whether the account takes orders."""
        return self.status in {AccountStatus.PENDING, AccountStatus.ACTIVE}


class AccountPosition(Stamped):
    """Where an account hangs and whether it pays, for a half-open range of days (D7).

    The rows of an account follow each other without gap or overlap from its first day to its
    end; the last is open. They are the truth from which payers are found (HIER-2).
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="positions")
    valid = DateRangeField()
    parent = models.ForeignKey(
        Account, models.PROTECT, related_name="child_positions", null=True, blank=True
    )
    role = models.CharField(max_length=12, choices=AccountRole.choices)
    splits_periods = models.BooleanField(
        db_default=False,
        default=False,
        help_text="Periods that run on the first day are divided between the payers (HIER-6).",
    )
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="customers_accountposition_one_at_a_time",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_accountposition_root_pays",
                condition=Q(parent__isnull=False) | Q(role=AccountRole.PAYER),
            ),
            models.CheckConstraint(
                name="customers_accountposition_role_known",
                condition=Q(role__in=AccountRole.values),
            ),
            models.CheckConstraint(
                name="customers_accountposition_has_days",
                condition=Q(valid__isempty=False) & Q(valid__lower_inf=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["parent", "role"],
                name="customers_accountposition_kids",
                condition=Q(parent__isnull=False),
            ),
            models.Index(
                fields=["account"],
                name="customers_position_splits",
                condition=Q(splits_periods=True),
            ),
        ]
