"""One file per built-in or downloadable table."""
