"""Runs: what was asked for, the queue, the training process, and what came of it."""
