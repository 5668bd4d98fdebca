"""The policies of the customers room: pure, over frozen values, no framework and no clock."""
