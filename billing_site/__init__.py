"""The roof: settings, URLs, console, API router, schedules, demo company."""
