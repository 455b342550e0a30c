"""The text twin of each chart, one file per topic."""
