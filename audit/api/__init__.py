"""The audit room over the API: the feed of business events."""
