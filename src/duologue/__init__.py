"""Duologue makes, trains and judges multi-turn conversational models from small seeds."""

__version__ = "0.1.0"
