"""Larkfield Communications & Cloud: an invented provider, filled by replaying three months."""
