"""Verbs of the command line that read a table of predictions, one module each."""
