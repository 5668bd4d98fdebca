"""The API of tax."""
