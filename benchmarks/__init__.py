"""Reproducible comparisons with named peers, side by side in one process."""
