"""The pages of usage: files, suspense, events, an account's usage."""

from rating.views.accounts import AccountUsage
from rating.views.adjusting import GiveBalance, GiveMoney, TakeBalance
from rating.views.alerts import AlertList
from rating.views.balances import AccountBalances, BalancePage
from rating.views.caps import AccountCaps, SetCap
from rating.views.corrections import AmendEvent, CancelEvent, TakeBackFile
from rating.views.deriving import AgreementList, AgreeRating, EndAgreement, MarginList
from rating.views.events import EventPage, EventSearch
from rating.views.files import FileList, FilePage, LoadFile, RejectedRows, ResumeFile
from rating.views.pools import AccountPools, EndPool, OpenPool, PoolPage
from rating.views.rerates import (
    ApproveRerate,
    NewRerate,
    RejectRerate,
    RequestRerate,
    RerateList,
    ReratePage,
)
from rating.views.suspense import SuspenseGroups, SuspensePage, SuspenseRows, WorkSuspense
from rating.views.top_up_rules import AccountTopUps, EndTopUp, SetTopUp
from rating.views.top_ups import FailTopUp, TopUpList, TopUpPage
from rating.views.trying import TryEvents
from rating.views.write_offs import (
    ApproveWriteOff,
    RejectWriteOff,
    ReverseWriteOff,
    WithdrawWriteOff,
    WriteOffList,
    WriteOffPage,
)

__all__ = [
    "AccountBalances",
    "AccountCaps",
    "AccountPools",
    "AccountTopUps",
    "AccountUsage",
    "AgreeRating",
    "AgreementList",
    "AlertList",
    "AmendEvent",
    "ApproveRerate",
    "ApproveWriteOff",
    "BalancePage",
    "CancelEvent",
    "EndAgreement",
    "EndPool",
    "EndTopUp",
    "EventPage",
    "EventSearch",
    "FailTopUp",
    "FileList",
    "FilePage",
    "GiveBalance",
    "GiveMoney",
    "LoadFile",
    "MarginList",
    "NewRerate",
    "OpenPool",
    "PoolPage",
    "RejectRerate",
    "RejectWriteOff",
    "RejectedRows",
    "RequestRerate",
    "RerateList",
    "ReratePage",
    "ResumeFile",
    "ReverseWriteOff",
    "SetCap",
    "SetTopUp",
    "SuspenseGroups",
    "SuspensePage",
    "SuspenseRows",
    "TakeBackFile",
    "TakeBalance",
    "TopUpList",
    "TopUpPage",
    "TryEvents",
    "WithdrawWriteOff",
    "WorkSuspense",
    "WriteOffList",
    "WriteOffPage",
]
