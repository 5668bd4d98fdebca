"""Reads of the customers room across rows and models."""

from customers.queries.billing import copy_contract_prices, set_rows, special_terms
from customers.queries.bundles import InBundle, components, in_bundle
from customers.queries.credit import Exposure, exposure, limited
from customers.queries.identities import INTEGRITY, hierarchy_findings
from customers.queries.offers import (
    account_facts,
    current_item,
    order_facts,
    version_on_sale,
)
from customers.queries.orders import can_be_revised, payers_setting_off
from customers.queries.redirections import redirections_of
from customers.queries.scope import contacts_of, customers_of
from customers.queries.tree import (
    address_of,
    ancestors,
    children,
    membership_of,
    payer_of,
    payers_of,
    pricebook_of,
    subtree,
)

__all__ = [
    "INTEGRITY",
    "Exposure",
    "InBundle",
    "account_facts",
    "address_of",
    "ancestors",
    "can_be_revised",
    "children",
    "components",
    "contacts_of",
    "copy_contract_prices",
    "current_item",
    "customers_of",
    "exposure",
    "hierarchy_findings",
    "in_bundle",
    "limited",
    "membership_of",
    "order_facts",
    "payer_of",
    "payers_of",
    "payers_setting_off",
    "pricebook_of",
    "redirections_of",
    "set_rows",
    "special_terms",
    "subtree",
    "version_on_sale",
]
