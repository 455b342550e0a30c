"""The table twin of each chart, one file per topic."""
