"""Writes of the customers room; other rooms call these by `customers.operations.<verb>`."""

from customers.operations.accounts import CHANGEABLE as ACCOUNT_FIELDS
from customers.operations.accounts import (
    CannotCloseAccount,
    change_account,
    close_account,
    hold_billing,
    open_account,
    release_billing,
)
from customers.operations.adjustments import ADJUST, adjust_bill, take_back_adjustment
from customers.operations.bundle_facts import asked_components
from customers.operations.certificates import (
    CannotDecideCertificate,
    approve_certificate,
    draft_certificate,
    record_vat_id_check,
    reject_certificate,
    request_certificate,
    revoke_certificate,
)
from customers.operations.commitments import (
    CannotAgreeCommitment,
    agree_commitment,
    end_commitment,
)
from customers.operations.contracts import (
    draft_contract,
    set_contract_price,
    sign_contract,
    terminate_contract,
)
from customers.operations.coupons import CannotGrantDiscount, CannotUseCoupon, usable_coupon
from customers.operations.discounts import (
    approve_discount,
    end_discount,
    grant_discount,
    redeem_coupon,
    reject_discount,
)
from customers.operations.fallout import (
    NothingToProvision,
    report_failure,
    resolve_failure,
)
from customers.operations.importing import ImportReport, Outcome, import_file
from customers.operations.lifecycle import (
    activate_due,
    record_acceptance,
    record_activation,
)
from customers.operations.migrating import MOST as MOST_MIGRATIONS
from customers.operations.migrating import Migration, NoticeTooShort, migrate, plan_migration
from customers.operations.moves import (
    AccountNotOpen,
    CannotMove,
    apply_due_moves,
    move_account,
    rebuild_tree,
)
from customers.operations.order_items import (
    ComponentInput,
    IdentifierInput,
    InvalidItem,
    ItemInput,
    Phase,
    components_of,
)
from customers.operations.orders import (
    CannotCancelOrder,
    CannotReviseOrder,
    IncompleteOrder,
    approve_order,
    cancel_order,
    end_trial,
    missing_in,
    place_order,
    renew_due,
    revise_order,
    send_back_order,
    submit_order,
)
from customers.operations.parties import CHANGEABLE as CUSTOMER_FIELDS
from customers.operations.parties import (
    AddressInput,
    add_contact,
    change_customer,
    create_customer,
    set_address,
)
from customers.operations.redirections import (
    CannotRedirect,
    end_redirection,
    redirect_charges,
)
from customers.operations.tree_numbers import number_trees
from customers.operations.withdrawal import CannotWithdraw, withdraw_end, withdraw_item

__all__ = [
    "ACCOUNT_FIELDS",
    "ADJUST",
    "CUSTOMER_FIELDS",
    "MOST_MIGRATIONS",
    "AccountNotOpen",
    "AddressInput",
    "CannotAgreeCommitment",
    "CannotCancelOrder",
    "CannotCloseAccount",
    "CannotDecideCertificate",
    "CannotGrantDiscount",
    "CannotMove",
    "CannotRedirect",
    "CannotReviseOrder",
    "CannotUseCoupon",
    "CannotWithdraw",
    "ComponentInput",
    "IdentifierInput",
    "ImportReport",
    "IncompleteOrder",
    "InvalidItem",
    "ItemInput",
    "Migration",
    "NothingToProvision",
    "NoticeTooShort",
    "Outcome",
    "Phase",
    "activate_due",
    "add_contact",
    "adjust_bill",
    "agree_commitment",
    "apply_due_moves",
    "approve_certificate",
    "approve_discount",
    "approve_order",
    "asked_components",
    "cancel_order",
    "change_account",
    "change_customer",
    "close_account",
    "components_of",
    "create_customer",
    "draft_certificate",
    "draft_contract",
    "end_commitment",
    "end_discount",
    "end_redirection",
    "end_trial",
    "grant_discount",
    "hold_billing",
    "import_file",
    "migrate",
    "missing_in",
    "move_account",
    "number_trees",
    "open_account",
    "place_order",
    "plan_migration",
    "rebuild_tree",
    "record_acceptance",
    "record_activation",
    "record_vat_id_check",
    "redeem_coupon",
    "redirect_charges",
    "reject_certificate",
    "reject_discount",
    "release_billing",
    "renew_due",
    "report_failure",
    "request_certificate",
    "resolve_failure",
    "revise_order",
    "revoke_certificate",
    "send_back_order",
    "set_address",
    "set_contract_price",
    "sign_contract",
    "submit_order",
    "take_back_adjustment",
    "terminate_contract",
    "usable_coupon",
    "withdraw_end",
    "withdraw_item",
]
