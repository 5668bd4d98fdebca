"""Every door of the running project, and the committed tables of who may open it."""
