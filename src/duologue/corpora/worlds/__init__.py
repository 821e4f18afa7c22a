"""Procedural worlds: sample corpora of any size from a seed."""
