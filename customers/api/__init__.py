"""The API of the customers room."""
