"""The pages of the customers room."""

from customers.views.account import AccountPage
from customers.views.account_forms import (
    AddressForm,
    CloseAccount,
    EditAccount,
    HoldAccount,
    MoveAccount,
    OpenAccount,
    OpenBelow,
    ReleaseAccount,
)
from customers.views.account_services import AccountServices
from customers.views.action_forms import (
    RenewOrder,
    ResumeOrder,
    SuspendOrder,
    TerminateOrder,
    TransferOrder,
    WithdrawEnd,
)
from customers.views.certificates import (
    ApproveCertificate,
    CertificateList,
    CertificatePage,
    NewCertificate,
    RejectCertificate,
    RequestCertificate,
    RevokeCertificate,
)
from customers.views.contracts import (
    ContractPage,
    NewContract,
    NewContractPrice,
    SignContract,
    TerminateContract,
)
from customers.views.fallout import FalloutList, ReportFailure, ResolveFailure
from customers.views.imports import ImportPage
from customers.views.lists import AccountList, CustomerList, OrderList, SubscriptionList
from customers.views.migration import MigrationPage
from customers.views.order_forms import ModifyOrder
from customers.views.order_lines import AddOrder, ReviseOrder
from customers.views.orders import (
    AccountOrders,
    ApproveOrder,
    CancelOrder,
    OrderPage,
    SendBackOrder,
    SubmitOrder,
)
from customers.views.party import (
    CustomerPage,
    EditCustomer,
    NewContact,
    NewCustomer,
    RecordVatCheck,
)
from customers.views.redirections import EndRedirection, RedirectCharges
from customers.views.services import RecordDay, SubscriptionPage
from customers.views.tree import AccountTree
from customers.views.upcoming import UpcomingList

__all__ = [
    "AccountList",
    "AccountOrders",
    "AccountPage",
    "AccountServices",
    "AccountTree",
    "AddOrder",
    "AddressForm",
    "ApproveCertificate",
    "ApproveOrder",
    "CancelOrder",
    "CertificateList",
    "CertificatePage",
    "CloseAccount",
    "ContractPage",
    "CustomerList",
    "CustomerPage",
    "EditAccount",
    "EditCustomer",
    "EndRedirection",
    "FalloutList",
    "HoldAccount",
    "ImportPage",
    "MigrationPage",
    "ModifyOrder",
    "MoveAccount",
    "NewCertificate",
    "NewContact",
    "NewContract",
    "NewContractPrice",
    "NewCustomer",
    "OpenAccount",
    "OpenBelow",
    "OrderList",
    "OrderPage",
    "RecordDay",
    "RecordVatCheck",
    "RedirectCharges",
    "RejectCertificate",
    "ReleaseAccount",
    "RenewOrder",
    "ReportFailure",
    "RequestCertificate",
    "ResolveFailure",
    "ResumeOrder",
    "ReviseOrder",
    "RevokeCertificate",
    "SendBackOrder",
    "SignContract",
    "SubmitOrder",
    "SubscriptionList",
    "SubscriptionPage",
    "SuspendOrder",
    "TerminateContract",
    "TerminateOrder",
    "TransferOrder",
    "UpcomingList",
    "WithdrawEnd",
]
