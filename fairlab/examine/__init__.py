"""Asking a trained model about people who are not in the table: what if, and what it looks at.

Nothing here imports torch: networks are scored from their kept weights.
"""
