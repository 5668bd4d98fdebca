"""Speed, measured beside yardsticks; never part of the tests."""
