"""What a page or a file shows: figures, sentences and tables as pure functions."""
