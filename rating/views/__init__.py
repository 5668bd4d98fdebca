"""The pages of usage: files, suspense, events, an account's usage."""

from rating.views.accounts import AccountUsage
from rating.views.events import EventPage, EventSearch
from rating.views.files import FileList, FilePage, LoadFile, RejectedRows, ResumeFile
from rating.views.suspense import SuspenseGroups, SuspensePage, SuspenseRows, WorkSuspense
from rating.views.trying import TryEvents

__all__ = [
    "AccountUsage",
    "EventPage",
    "EventSearch",
    "FileList",
    "FilePage",
    "LoadFile",
    "RejectedRows",
    "ResumeFile",
    "SuspenseGroups",
    "SuspensePage",
    "SuspenseRows",
    "TryEvents",
    "WorkSuspense",
]
