"""Metrics: pure functions over predictions and references, each with totals, rows with reasons, and intervals."""
