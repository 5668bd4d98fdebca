"""The API of usage: send events, read files, events and what waits."""
