"""What rating announces; ids only, once per committed batch."""

from django.dispatch import Signal

usage_loaded = Signal()
"""Sent after commit when files are loaded; `file_ids`."""

usage_recycled = Signal()
"""Sent after commit when suspended rows were stored; `item_ids`."""

usage_rerated = Signal()
"""Sent after commit when events of accounts were rated again; `account_ids`."""
