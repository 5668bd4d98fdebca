"""The API of the catalogue: read only."""
